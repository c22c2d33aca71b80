/** A request to send, from the body of one message or of a batch. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, type JsonValue } from "../json/json.ts";
import { nounOf } from "../messages/check-value.ts";
import { parseGraphPhone, parsePhone, type ReadPhone } from "../customer/parse-phone.ts";
import { canonicalJson } from "../messages/canonical-json.ts";
import { IDEMPOTENCY_KEY_MAX_CHARACTERS } from "../messages/limits.ts";
import type { Door } from "../messages/members-beside.ts";
import { parseSendRequest } from "../messages/send-request.ts";
import type { BatchEntry } from "../conversation/send-batch.ts";
import type { SendClaim } from "../conversation/claim-of.ts";
import type { ApiToken, Config } from "../config.ts";

export type SendReading = { ok: true; entry: BatchEntry } | { ok: false; errors: FieldError[] };

/** Whoever asks, and with which settings. */
export type Asking = { caller: Pick<ApiToken, "name"> | null; config: Config };

export async function readSend(
  body: unknown,
  idempotencyKey: unknown,
  { caller, config }: Asking,
  door: Door = "v1",
): Promise<SendReading> {
  const keyErrors = checkKey(idempotencyKey);
  const readPhone: ReadPhone =
    door === "graph" ? parseGraphPhone : (spelling) => parsePhone(spelling, config.defaultCountry);
  const parsed = parseSendRequest(body, Date.now(), readPhone, door);
  if (!parsed.ok || keyErrors.length > 0) {
    return { ok: false, errors: [...keyErrors, ...(parsed.ok ? [] : parsed.errors)] };
  }
  const { request } = parsed;
  return {
    ok: true,
    entry: {
      request,
      phoneNumberId: request.from ?? config.phoneNumberId,
      claim: await claimFor(body, idempotencyKey, caller),
    },
  };
}

/** One element of a batch: a request with its key inside. */
export async function readBatchEntry(body: unknown, asking: Asking): Promise<SendReading> {
  if (!isJsonObject(body)) return readSend(body, undefined, asking);
  const { idempotency_key: key, ...request } = body;
  return readSend(request, key, asking);
}

/** The claim of a request, by the digest of its canonical body. */
export async function claimFor(
  body: unknown,
  idempotencyKey: unknown,
  caller: Asking["caller"],
): Promise<SendClaim> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was parsed from JSON is JSON
  const text = canonicalJson(body as JsonValue);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return {
    sentBy: caller?.name ?? "",
    idempotencyKey: typeof idempotencyKey === "string" ? idempotencyKey : null,
    requestHash: new Uint8Array(digest).toHex(),
  };
}

function checkKey(key: unknown): FieldError[] {
  const fits =
    key === undefined ||
    (typeof key === "string" && key !== "" && key.length <= IDEMPOTENCY_KEY_MAX_CHARACTERS);
  const got = typeof key === "string" ? `${key.length} characters` : nounOf(key);
  const detail = `must be text of 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} characters, as must the header Idempotency-Key; got ${got}`;
  return fits ? [] : [{ pointer: "/idempotency_key", detail }];
}
