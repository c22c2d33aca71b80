/**
 * The rules of sending: what to do with the first message of an outbox, and what follows from Meta's answer.
 * Pure, so that tests can try every order of events.
 */
import type { BusinessNumber } from "../../business-number/object.ts";
import type { GraphError, GraphErrorClass } from "../../graph/errors.ts";
import { retryDelayMs } from "../../lib/backoff.ts";
import type { JsonObject } from "../../lib/json.ts";
import { HOUR_MS, SECOND_MS } from "../../lib/time.ts";
import {
  isFreeForm,
  type OutgoingMessage,
  type SendError,
  type SendReport,
} from "../../message/outgoing-message.ts";
import { isWindowOpen } from "../../message/session-window.ts";
import type { ClaimedKey, KeyClaim, KeyHolder } from "../../store/idempotency-keys.ts";
import { nextSendAt } from "../state/pair-rate.ts";
import type { ConversationState } from "../state/state.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";

type NextStep =
  | { kind: "call" }
  | { kind: "wait"; until: number; reason: "back_off" | "pair_rate" }
  | { kind: "refuse"; reason: "expired" | "window_closed" | "pair_rate" };

export function nextStep(
  { message, due_at }: QueuedMessage,
  state: ConversationState,
  now: number,
): NextStep {
  if (now >= message.expires_at) return { kind: "refuse", reason: "expired" };
  if (due_at > now) return { kind: "wait", until: due_at, reason: "back_off" };
  if (
    isFreeForm(message) &&
    message.window === "ours" &&
    // A group has no session window.
    state.address.kind !== "group" &&
    !isWindowOpen(state.last_customer_message_at, now)
  ) {
    return { kind: "refuse", reason: "window_closed" };
  }
  const paceAllowsAt = nextSendAt(state.pair_rate_at);
  if (paceAllowsAt <= now) return { kind: "call" };
  return message.wait
    ? { kind: "wait", until: paceAllowsAt, reason: "pair_rate" }
    : { kind: "refuse", reason: "pair_rate" };
}

export type SendAnswer =
  | { ok: true; value: { wamid: string; wa_id: string | null; user_id: string | null } }
  | { ok: false; error: GraphError; class: GraphErrorClass };

type AfterCall =
  | { kind: "finish"; report: SendReport }
  /** The message keeps its place: Meta would refuse those behind it as well. */
  | { kind: "postpone"; dueAt: number; report: SendReport }
  /** The message gives up its place: only this one must wait. */
  | { kind: "defer"; dueAt: number; report: SendReport };

/** Meta's ecosystem limit (131049): "not before 24 hours have passed". */
const ECOSYSTEM_PAUSE_MS = 24 * HOUR_MS;

/** The shortest wait until a send checks whether the operator has acted; half as long again at most. */
const OPERATOR_PAUSE_MS = 30 * SECOND_MS;

/** Meta's error for the pair rate, the limit per customer; other rate limits concern the whole number. */
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
      // The caller can still do something else now.
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
    // The caller can judge the reason now; another try would hold up all messages behind it.
    case "unknown":
      return failed(sendError("rejected_by_meta", error));
  }
}

export function isPairRate({ code }: GraphError): boolean {
  return code === PAIR_RATE_CODE;
}

/** When to check again whether the operator has acted; random, so that not all check at once. */
export function operatorPauseEndsAt(now: number, random: number): number {
  return now + Math.round(OPERATOR_PAUSE_MS * (1 + random / 2));
}

/** The report of a message that waits until the operator has acted. */
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

export type FilesRenewal =
  | { kind: "renewed"; message: OutgoingMessage }
  | { kind: "postpone"; dueAt: number; error: SendError }
  | { kind: "fail"; error: SendError };

export type RenewFiles = (message: OutgoingMessage) => Promise<FilesRenewal>;

/** Whether Meta's copy of a file may have expired. */
export function hasExpiredFile({ files = [] }: OutgoingMessage, now: number): boolean {
  return files.some(({ usable_until }) => usable_until <= now);
}

export type CallMeta = (phoneNumberId: string, body: JsonObject) => Promise<SendAnswer>;

/** What sending needs from outside of the object; `send-ports.ts` implements it, tests may replace it. */
export type SenderPorts = {
  callMeta: CallMeta;
  /** Uploads files again whose copies at Meta have expired. */
  renewFiles: RenewFiles;
  /** The object that grants slots to a business number. */
  numberOf: (phoneNumberId: string) => DurableObjectStub<BusinessNumber>;
  /** Asks D1 whose an idempotency key is; a free one becomes this message's. */
  claimKey: (claim: KeyClaim) => Promise<ClaimedKey>;
  /** The message that a key stands for; null if it is free. */
  findKey: (key: Pick<KeyClaim, "sent_by" | "key" | "created_at">) => Promise<KeyHolder | null>;
  /** Writes the row of a fallback to D1; false if the original message has another fallback. */
  claimFallback: (message: OutgoingMessage) => Promise<boolean>;
};
