/** What a field other than `messages` changes here, beside being kept: pure. */
import type { Address } from "../customer/address.ts";
import { phoneOf } from "../customer/phone-number.ts";
import { objectMember, objectsMember, textMember, type JsonObject } from "../json/json.ts";
import type { TemplateUpdate } from "../store/templates.ts";
import { templateUpdate } from "./template-update.ts";
import { parseTimestamp } from "./timestamp.ts";

export type AccountEffect =
  /** What was told of a template. */
  | ({ kind: "template" } & TemplateUpdate)
  /** A customer stopped or resumed marketing messages. */
  | { kind: "marketing"; addresses: readonly string[]; preference: string; at: number }
  /** A customer called, which opens the session window. */
  | { kind: "call"; phoneNumberId: string; address: Address; at: number }
  /** A person is known by another BSUID from now on. */
  | { kind: "user_id"; phoneNumberId: string; address: Address; userId: string; at: number };

/** Where the field stands in its body; `at` is the entry's own time, else that of receipt. */
export type FieldContext = {
  accountId: string | null;
  phoneNumberId: string | null;
  at: number;
  receivedAt: number;
};

/** Names, ids and a time: what is longer fits no state and no queue message, and is kept raw alone. */
const EFFECT_MAX_CHARACTERS = 2000;

export function accountEffects(
  field: string,
  value: JsonObject,
  context: FieldContext,
): AccountEffect[] {
  return effectsOf(field, value, context).filter((effect) => {
    // Texts of a template have a limit of their own.
    const named =
      effect.kind === "template" ? { ...effect, components: null, reason: null } : effect;
    return JSON.stringify(named).length <= EFFECT_MAX_CHARACTERS;
  });
}

function effectsOf(field: string, value: JsonObject, context: FieldContext): AccountEffect[] {
  switch (field) {
    case "message_template_status_update":
    case "message_template_quality_update":
    case "message_template_components_update":
    case "template_category_update":
      return templateEffect(value, context);
    case "user_preferences":
      return objectsMember(value, "user_preferences").flatMap((each) =>
        marketingEffect(each, context),
      );
    case "calls":
      return objectsMember(value, "calls").flatMap((call) => callEffect(call, context));
    case "user_id_update":
      return objectsMember(value, "user_id_update").flatMap((each) => userIdEffect(each, context));
    default:
      return [];
  }
}

function templateEffect(value: JsonObject, { accountId, at }: FieldContext): AccountEffect[] {
  const update = templateUpdate(value, accountId, at);
  return update === null ? [] : [{ kind: "template", ...update }];
}

function marketingEffect(preference: JsonObject, context: FieldContext): AccountEffect[] {
  const value = textMember(preference, "value");
  const waId = textMember(preference, "wa_id");
  const addresses = [
    waId === null ? null : (phoneOf(waId) ?? waId),
    textMember(preference, "user_id"),
  ].filter((address) => address !== null);
  if (value === null || addresses.length === 0) return [];
  const at = parseTimestamp(preference["timestamp"], context.receivedAt);
  return [{ kind: "marketing", addresses, preference: value, at }];
}

function callEffect(call: JsonObject, context: FieldContext): AccountEffect[] {
  if (textMember(call, "direction") === "BUSINESS_INITIATED") return [];
  const address = addressOf(textMember(call, "from"), textMember(call, "from_user_id"));
  if (address === null || context.phoneNumberId === null) return [];
  const at = parseTimestamp(call["timestamp"], context.receivedAt);
  return [{ kind: "call", phoneNumberId: context.phoneNumberId, address, at }];
}

function userIdEffect(update: JsonObject, context: FieldContext): AccountEffect[] {
  const userId = objectMember(update, "user_id");
  const current = userId && textMember(userId, "current");
  const previous = userId && textMember(userId, "previous");
  const { phoneNumberId } = context;
  if (current === null || phoneNumberId === null) return [];
  const at = parseTimestamp(update["timestamp"], context.receivedAt);
  // The conversation may stand under either.
  const addresses = [addressOf(textMember(update, "wa_id"), null), addressOf(null, previous)];
  return addresses
    .filter((address) => address !== null)
    .map((address) => ({ kind: "user_id", phoneNumberId, address, userId: current, at }));
}

function addressOf(waId: string | null, userId: string | null): Address | null {
  if (waId !== null) return { kind: "phone", phone: phoneOf(waId) ?? waId };
  return userId === null ? null : { kind: "user", user_id: userId };
}
