/**
 * Reads requests to send, one message or a batch, for HTTP, RPC and the Graph routes, and answers a
 * batch.
 */
import type { ApiToken } from "../../config/api-tokens.ts";
import type { Config } from "../../config/config.ts";
import { invalidProblem } from "../../http/problems.ts";
import { sha256 } from "../../lib/ids.ts";
import { isJsonObject, type JsonValue } from "../../lib/json.ts";
import { parseGraphPhone, parsePhone, type ReadPhone } from "../../lib/parse-phone.ts";
import type { FieldError } from "../../lib/problem.ts";
import { nounOf } from "../../lib/validate.ts";
import { type BatchEntry, sendBatch } from "../../send/batch.ts";
import type { SendClaim } from "../../send/claim.ts";
import type { Door } from "../../send/envelope.ts";
import { BATCH_MAX_MESSAGES, IDEMPOTENCY_KEY_MAX_CHARACTERS } from "../../send/limits.ts";
import { canonicalJson, parseSendRequest } from "../../send/request.ts";
import { batchView } from "./answer.ts";

type SendReading = { ok: true; entry: BatchEntry } | { ok: false; errors: FieldError[] };

/** The caller, and the settings. */
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

/** One element of a batch: a request that contains its idempotency key. */
export async function readBatchEntry(body: unknown, asking: Asking): Promise<SendReading> {
  if (!isJsonObject(body)) return readSend(body, undefined, asking);
  const { idempotency_key: key, ...request } = body;
  return readSend(request, key, asking);
}

/** The caller's claim on the idempotency key, with the digest of the canonical body. */
export async function claimFor(
  body: unknown,
  idempotencyKey: unknown,
  caller: Asking["caller"],
): Promise<SendClaim> {
  const sentBy = caller?.name ?? "";
  if (typeof idempotencyKey !== "string") return { sentBy, idempotencyKey: null, requestHash: "" };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the body was parsed from JSON
  const digest = await sha256(canonicalJson(body as JsonValue));
  return { sentBy, idempotencyKey, requestHash: new Uint8Array(digest).toHex() };
}

function checkKey(key: unknown): FieldError[] {
  const fits =
    key === undefined ||
    (typeof key === "string" && key !== "" && key.length <= IDEMPOTENCY_KEY_MAX_CHARACTERS);
  const got = typeof key === "string" ? `${key.length} characters` : nounOf(key);
  const detail = `must be text of 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} characters, as must the header Idempotency-Key; got ${got}`;
  return fits ? [] : [{ pointer: "/idempotency_key", detail }];
}

type BatchAnswer =
  | { ok: true; data: ReturnType<typeof batchView>[] }
  | { ok: false; errors: FieldError[] };

/** Sends each message on its own: a wrong one does not stop the others. */
export async function answerBatch(
  env: Env,
  messages: unknown,
  asking: Asking,
  requestId: string,
): Promise<BatchAnswer> {
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > BATCH_MAX_MESSAGES) {
    const got = Array.isArray(messages) ? messages.length : nounOf(messages);
    const detail = `must be an array of 1 to ${BATCH_MAX_MESSAGES} messages, got ${got}`;
    return { ok: false, errors: [{ pointer: "/messages", detail }] };
  }
  const readings = await Promise.all(
    messages.map((message: unknown) => readBatchEntry(message, asking)),
  );
  const outcomes = await sendBatch(
    env,
    readings.flatMap((reading) => (reading.ok ? [reading.entry] : [])),
  );
  const data = readings.map((reading, index) => {
    const outcome = reading.ok ? outcomes.shift() : undefined;
    const errors = reading.ok ? [] : reading.errors;
    return batchView(
      outcome ?? { kind: "refused", problem: invalidProblem(errors) },
      index,
      requestId,
    );
  });
  return { ok: true, data };
}
