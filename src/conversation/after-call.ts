/** What follows from Meta's answer to a send: pure. */
import type { GraphError, GraphErrorClass } from "../graph/graph-error.ts";
import { retryDelayMs } from "../graph/retry-delay.ts";
import type { SendError, SendReport } from "./outgoing-message.ts";

export type SendAnswer =
  | { ok: true; value: { wamid: string; wa_id: string | null } }
  | { ok: false; error: GraphError; class: GraphErrorClass };

export type AfterCall =
  | { kind: "finish"; report: SendReport }
  /** Keeps its place: whoever waits behind it would be refused as well. */
  | { kind: "postpone"; dueAt: number; report: SendReport }
  /** Gives its place up: it alone must wait. */
  | { kind: "defer"; dueAt: number; report: SendReport };

const MINUTE_MS = 60 * 1000;

/** Meta's ecosystem limit (131049): "not before 24 hours have passed". */
const ECOSYSTEM_PAUSE_MS = 24 * 60 * MINUTE_MS;

/** How often a send asks whether the operator has acted; each time is one call at most. */
const OPERATOR_PAUSE_MS = 5 * MINUTE_MS;

export function afterCall(
  answer: SendAnswer,
  attempts: number,
  now: number,
  random: number,
): AfterCall {
  if (answer.ok) {
    return { kind: "finish", report: { state: "accepted", wamid: answer.value.wamid, at: now } };
  }
  const { error } = answer;
  const waiting = (code: string): SendReport => ({
    state: "queued",
    error: sendError(code, error),
  });
  switch (answer.class) {
    case "retry":
      return {
        kind: "postpone",
        dueAt: now + retryDelayMs(attempts, error.retry_after_seconds, random),
        report: waiting("rate_limited"),
      };
    case "operator":
      return {
        kind: "postpone",
        dueAt: now + OPERATOR_PAUSE_MS,
        report: waiting("meta_unauthorized"),
      };
    case "later":
      return { kind: "defer", dueAt: now + ECOSYSTEM_PAUSE_MS, report: waiting("rate_limited") };
    case "ambiguous":
      return {
        kind: "finish",
        report: { state: "unconfirmed", error: sendError("meta_unavailable", error), at: now },
      };
    case "permanent":
      return {
        kind: "finish",
        report: { state: "failed", error: sendError("rejected_by_meta", error), at: now },
      };
  }
}

function sendError(code: string, error: GraphError): SendError {
  const { message, details, fbtrace_id } = error;
  return {
    code,
    detail: details ?? message,
    meta: { code: error.code, message, details, fbtrace_id },
  };
}
