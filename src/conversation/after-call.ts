/** What follows from Meta's answer to a send: pure. */
import type { GraphError, GraphErrorClass } from "../graph/graph-error.ts";
import { retryDelayMs } from "../graph/retry-delay.ts";
import type { QueuedMessage } from "./outbox.ts";
import type { SendError, SendReport } from "./outgoing-message.ts";

export type SendAnswer =
  | { ok: true; value: { wamid: string; wa_id: string | null; user_id: string | null } }
  | { ok: false; error: GraphError; class: GraphErrorClass };

export type AfterCall =
  | { kind: "finish"; report: SendReport }
  /** Keeps its place: whoever waits behind it would be refused as well. */
  | { kind: "postpone"; dueAt: number; report: SendReport }
  /** Gives its place up: it alone must wait. */
  | { kind: "defer"; dueAt: number; report: SendReport };

const SECOND_MS = 1000;

/** Meta's ecosystem limit (131049): "not before 24 hours have passed". */
const ECOSYSTEM_PAUSE_MS = 24 * 60 * 60 * SECOND_MS;

/** How soon a send notices that the operator has acted, and half as long again at most. */
const OPERATOR_PAUSE_MS = 30 * SECOND_MS;

/** Meta's limit for messages to one customer; the other limits are the number's. */
const PAIR_RATE_CODE = 131056;

export function afterCall(
  answer: SendAnswer,
  { message, attempts }: Pick<QueuedMessage, "message" | "attempts">,
  now: number,
  random: number,
): AfterCall {
  if (answer.ok) {
    return { kind: "finish", report: { state: "accepted", wamid: answer.value.wamid, at: now } };
  }
  const { error } = answer;
  const failed = (reason: SendError): AfterCall => ({
    kind: "finish",
    report: { state: "failed", error: reason, at: now },
  });
  switch (answer.class) {
    case "retry": {
      const dueAt = now + retryDelayMs(attempts, error.retry_after_seconds, random);
      const reason = sendError(isPairRate(error) ? "pair_rate_limited" : "rate_limited", error);
      return message.wait
        ? { kind: "postpone", dueAt, report: { state: "queued", error: reason } }
        : failed({ ...reason, retry_at: dueAt });
    }
    case "operator":
      return {
        kind: "postpone",
        dueAt: operatorPauseEndsAt(now, random),
        report: blockedReport(error),
      };
    case "later": {
      const dueAt = now + ECOSYSTEM_PAUSE_MS;
      // Whoever learns of it now can still do something else.
      if (dueAt >= message.expires_at) return failed(sendError("rejected_by_meta", error));
      const report: SendReport = { state: "queued", error: sendError("rate_limited", error) };
      return { kind: "defer", dueAt, report };
    }
    case "ambiguous":
      return {
        kind: "finish",
        report: { state: "unconfirmed", error: sendError("meta_unavailable", error), at: now },
      };
    case "permanent":
    // Whoever wrote it can judge the reason now; tried again, it would hold up all behind it.
    case "unknown":
      return failed(sendError("rejected_by_meta", error));
  }
}

export function isPairRate({ code }: GraphError): boolean {
  return code === PAIR_RATE_CODE;
}

/** When to ask again whether the operator has acted; not all at once. */
export function operatorPauseEndsAt(now: number, random: number): number {
  return now + Math.round(OPERATOR_PAUSE_MS * (1 + random / 2));
}

/** A message that waits until the operator has acted. */
export function blockedReport(error: GraphError): SendReport {
  return { state: "queued", error: sendError("meta_unauthorized", error) };
}

function sendError(code: string, error: GraphError): SendError {
  const { message, details, fbtrace_id } = error;
  return {
    code,
    detail: details ?? message,
    meta: { code: error.code, message, details, fbtrace_id },
  };
}
