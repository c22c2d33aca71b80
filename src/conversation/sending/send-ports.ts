/**
 * What the sender reaches outside of its object: Meta, the media bucket, D1 and the business number's
 * object.
 */
import type { BusinessNumber, Slot } from "../../business-number/object.ts";
import { type ConfigProblem, parseConfig } from "../../config/config.ts";
import { createGraphClient, type GraphFailure } from "../../graph/client.ts";
import { concernsNumber } from "../../graph/errors.ts";
import { retryDelayMs } from "../../lib/backoff.ts";
import { type JsonObject, type JsonValue, parseJson, textMember } from "../../lib/json.ts";
import { errorMembers, log, masked, observe } from "../../lib/log.ts";
import { renewMedia } from "../../media/renew.ts";
import { mediaPlaces } from "../../media/source.ts";
import { displayBody } from "../../message/display.ts";
import { withMetaIds } from "../../message/files.ts";
import {
  type OutgoingFile,
  type OutgoingMessage,
  payloadOf,
} from "../../message/outgoing-message.ts";
import { ANSWER_PATIENCE_MS, createDatabase, withD1Timeout } from "../../store/d1.ts";
import { claimKeys, findKey } from "../../store/idempotency-keys.ts";
import { insertFallback } from "../../store/sends.ts";
import {
  type CallMeta,
  type FilesRenewal,
  isPairRate,
  type RenewFiles,
  type SendAnswer,
  type SenderPorts,
} from "./send-rules.ts";

function observed(call: CallMeta): CallMeta {
  return async (phoneNumberId, body) => {
    const startedAt = Date.now();
    const answer = await call(phoneNumberId, body);
    observe({
      event: "send",
      subject: textMember(body, "type") ?? "text",
      outcome: outcomeWord(answer),
      count: 1,
      duration_ms: Date.now() - startedAt,
      more: {
        message_id: messageIdOf(body),
        phone_number_id: masked(phoneNumberId),
        code: answer.ok ? null : answer.error.code,
        fbtrace_id: answer.ok ? null : answer.error.fbtrace_id,
      },
    });
    return answer;
  };
}

/** The message's own id, which Meta returns in statuses. */
function messageIdOf(body: JsonObject): string | null {
  return textMember(body, "biz_opaque_callback_data");
}

/** The log's word for Meta's answer: `accepted`, or the class of the error. */
function outcomeWord(answer: SendAnswer): string {
  return answer.ok ? "accepted" : answer.class;
}

export function callMeta(env: Env): CallMeta {
  const result = parseConfig(env);
  if (result.ok) {
    const client = createGraphClient(result.config);
    return observed((phoneNumberId, body) => client.sendMessage(phoneNumberId, body));
  }
  const failure = notConfigured(result.problems);
  return observed(async () => failure);
}

/** Stands for Meta's answer if a setting is missing: the operator must act, and nothing was sent. */
function notConfigured(problems: readonly ConfigProblem[]): GraphFailure {
  const missing = problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
  return {
    ok: false,
    class: "operator",
    error: {
      code: null,
      message: `not configured (${missing})`,
      details: null,
      fbtrace_id: null,
      http_status: null,
      retry_after_seconds: null,
    },
  };
}

/**
 * Writes the row of a fallback to D1. False if the original message already has another fallback; a
 * repeat changes nothing.
 */
async function claimFallback(env: Env, message: OutgoingMessage): Promise<boolean> {
  const payload = payloadOf(message);
  return insertFallback(createDatabase(env), {
    id: message.id,
    fallback_of: message.fallback_of ?? "",
    type: message.type,
    body: message.fallback_body ?? displayBody(payload),
    payload: JSON.stringify(payload),
    media_id: message.files?.[0]?.media_id ?? null,
    send_options: JSON.stringify(message),
    expires_at: message.expires_at,
    created_at: Date.now(),
  });
}

/** Waits as long as before a fourth try at Meta: large files must not be uploaded every second. */
const PAUSE_AS_AFTER_TRIES = 3;

/** Uploads files again whose copies at Meta expired. Throws what D1 and the bucket throw. */
export function renewFiles(env: Env): RenewFiles {
  const parsed = parseConfig(env);
  if (!parsed.ok) return async () => renewalAfter(notConfigured(parsed.problems), Date.now());
  const places = mediaPlaces(env, parsed.config);
  return async (message) => {
    const now = Date.now();
    const files: OutgoingFile[] = [];
    const metaIds = new Map<string, string>();
    for (const file of message.files ?? []) {
      if (file.usable_until > now) {
        files.push(file);
        continue;
      }
      const renewed = await renewMedia(places, file.media_id, now);
      if (!renewed.ok) {
        return renewed.reason === "lost"
          ? lost(renewed.detail)
          : renewalAfter(renewed.failure, now);
      }
      files.push({ media_id: file.media_id, usable_until: renewed.usableUntil });
      metaIds.set(file.media_id, renewed.metaId);
    }
    const content: JsonValue = parseJson(message.content);
    const renewedContent = JSON.stringify(withMetaIds(message.type, content, metaIds));
    return { kind: "renewed", message: { ...message, content: renewedContent, files } };
  };
}

function lost(detail: string): FilesRenewal {
  return {
    kind: "fail",
    error: { code: "media_expired", detail: `Its file can't be sent: ${detail}.` },
  };
}

/** A failed upload sent no message: everything but a permanent refusal may be repeated. */
function renewalAfter({ class: errorClass, error }: GraphFailure, now: number): FilesRenewal {
  const { code, message, details, fbtrace_id } = error;
  const meta = { code, message, details, fbtrace_id };
  const detail = `Its file had expired at Meta and Meta did not take it again: ${details ?? message}`;
  if (errorClass === "permanent" || errorClass === "unknown") {
    return { kind: "fail", error: { code: "rejected_by_meta", detail, meta } };
  }
  return {
    kind: "postpone",
    dueAt: now + retryDelayMs(PAUSE_AS_AFTER_TRIES, error.retry_after_seconds, Math.random()),
    error: {
      code: errorClass === "operator" ? "meta_unauthorized" : "meta_unavailable",
      detail,
      meta,
    },
  };
}

/** The ports for one object. D1 calls give up early, since a caller may wait for the answer. */
export function senderPorts(bindings: Env): SenderPorts {
  const env = withD1Timeout(bindings, ANSWER_PATIENCE_MS);
  return {
    callMeta: lazily(() => callMeta(env)),
    renewFiles: lazily(() => renewFiles(env)),
    numberOf: (phoneNumberId) => env.BUSINESS_NUMBER.getByName(phoneNumberId),
    claimKey: async (claim) => {
      const [claimed] = await claimKeys(createDatabase(env), [claim]);
      return claimed ?? { kind: "erased" };
    },
    findKey: ({ sent_by, key, created_at }) =>
      findKey(createDatabase(env), sent_by, key, created_at),
    claimFallback: (message) => claimFallback(env, message),
  };
}

/** Creates the function at its first call: an inbound message needs no settings. */
function lazily<Given extends unknown[], Answer>(
  make: () => (...given: Given) => Answer,
): (...given: Given) => Answer {
  let made: ((...given: Given) => Answer) | null = null;
  return (...given) => {
    made ??= make();
    return made(...given);
  };
}

/**
 * Reports to the business number's object what in Meta's answer concerns every message of the number.
 * If that fails, the next message gets the same answer from Meta.
 */
export async function reportToPace(
  number: () => DurableObjectStub<BusinessNumber>,
  answer: SendAnswer,
  { probe }: Extract<Slot, { kind: "granted" }>,
): Promise<void> {
  try {
    if (!answer.ok && answer.class === "operator") {
      await number().needsOperator(answer.error, concernsNumber(answer.error));
    } else if (!answer.ok && answer.class === "retry" && !isPairRate(answer.error)) {
      await number().pause(answer.error.retry_after_seconds);
    } else if (probe && (answer.ok || answer.class !== "ambiguous")) {
      await number().works();
    }
  } catch (error) {
    log("error", "number_not_told", errorMembers(error));
  }
}
