import type { GraphError } from "../graph/graph-error.ts";
import { badParameter, errorTitle } from "../graph/graph-error.ts";
import type { JsonObject } from "../json.ts";
import type { BusinessNumber } from "../settings.ts";
import type { AccountState } from "./business-account.ts";

const DEFAULT_FIELDS = "id,display_phone_number,verified_name,quality_rating";

/** "Account has been locked" is what Meta says of a number that it blocks. */
const BLOCKED_CODE = 131031;

/** `messaging_limit_tier` ended with v23.0 ("Messaging limits", "via API"). */
const LIMIT_TIER_LAST_VERSION = 23;

export type PhoneNumberAnswer = { ok: true; body: JsonObject } | { ok: false; error: GraphError };

/** `GET /{phone_number_id}` with Meta's `fields`; one that does not exist is refused. */
export function phoneNumberObject(
  number: BusinessNumber,
  account: AccountState,
  version: string,
  fields = DEFAULT_FIELDS,
): PhoneNumberAnswer {
  const isOldVersion = Number.parseInt(version.slice(1), 10) <= LIMIT_TIER_LAST_VERSION;
  const all: JsonObject = {
    id: number.id,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName,
    quality_rating: account.numberQuality,
    status: account.numberStatus,
    throughput: { level: "STANDARD" },
    [isOldVersion ? "messaging_limit_tier" : "whatsapp_business_manager_messaging_limit"]:
      account.messagingLimit,
    platform_type: "CLOUD_API",
    code_verification_status: "VERIFIED",
    name_status: "APPROVED",
    health_status: healthOf(number, account),
    webhook_configuration: account.callbackUrl === null ? {} : { application: account.callbackUrl },
  };
  const asked = new Set(["id", ...fields.split(",")]);
  const unknown = [...asked].find((field) => !(field in all));
  if (unknown !== undefined) {
    const sentence = `Tried accessing nonexisting field (${unknown}) on node type (WhatsAppBusinessPhoneNumber)`;
    return { ok: false, error: badParameter(sentence) };
  }
  return {
    ok: true,
    body: Object.fromEntries(Object.entries(all).filter(([name]) => asked.has(name))),
  };
}

function healthOf({ id }: BusinessNumber, { canSend }: AccountState): JsonObject {
  const trouble = {
    error_code: BLOCKED_CODE,
    error_description: errorTitle(BLOCKED_CODE),
    possible_solution: "Appeal the decision in Business Support Home.",
  };
  return {
    can_send_message: canSend,
    entities: [
      {
        entity_type: "PHONE_NUMBER",
        id,
        can_send_message: canSend,
        ...(canSend === "AVAILABLE" ? {} : { errors: [trouble] }),
      },
    ],
  };
}
