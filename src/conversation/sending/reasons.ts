/** Why a message is not sent, or not yet, in words for its caller. Pure. */
import type { OutgoingMessage, SendError, SendReport } from "../../message/outgoing-message.ts";
import { windowExpiresAt } from "../../message/session-window.ts";
import { nextSendAt } from "../state/pair-rate.ts";
import type { ConversationState } from "../state/state.ts";

export type RefusalReason = "expired" | "window_closed" | "pair_rate" | "number_rate";

/**
 * Why Paloma itself refuses a message, in words for the caller.
 *
 * @param retryAt when the pace has room again, if that is the reason
 */
export function refusal(
  reason: RefusalReason,
  message: OutgoingMessage,
  state: ConversationState,
  retryAt: number | null,
): SendError {
  const retry = retryAt === null ? {} : { retry_at: retryAt };
  switch (reason) {
    case "expired":
      return {
        code: "expired",
        detail: "Its expires_at passed before it could be sent: send it again if it still matters.",
      };
    case "window_closed": {
      const expiredAt = windowExpiresAt(state.last_customer_message_at);
      const why =
        expiredAt === null
          ? "The customer never wrote to this number, and only a template may come first"
          : "More than 24 hours have passed since the customer's last message";
      const remedy =
        message.fallback === undefined
          ? "send a template instead."
          : "its fallback is sent instead.";
      return {
        code: "session_window_closed",
        detail: `${why}: ${remedy}`,
        window_expired_at: expiredAt,
      };
    }
    case "pair_rate":
      return {
        code: "pair_rate_limited",
        detail:
          "Meta takes one message per 6 seconds to one customer: send it later, or let it wait.",
        ...retry,
      };
    case "number_rate":
      return {
        code: "rate_limited",
        detail:
          'The business number sends as fast as Meta allows: send it again later, or leave "wait" out and it is queued.',
        ...retry,
      };
  }
}

/** Which pace a message waits for, by its report; null if it waits for something else. */
export function paceReason(
  report: SendReport | undefined,
  state: ConversationState,
  now: number,
): RefusalReason | null {
  if (nextSendAt(state.pair_rate_at) > now) return "pair_rate";
  const code = report?.state === "queued" ? report.error?.code : undefined;
  switch (code) {
    case "pair_rate_limited":
      return "pair_rate";
    case undefined:
    case "rate_limited":
      return "number_rate";
    default:
      return null;
  }
}

/** Of a message whose call to Meta was cut off. */
export const INTERRUPTED: SendError = {
  code: "interrupted",
  detail: "We stopped while Meta was being called: its statuses will show whether it was sent.",
};

/** Of a message that a failure on Paloma's side holds up. */
export function troubled(code: string): SendReport {
  const detail =
    "Something failed on our side before it could be sent: it is tried again by itself.";
  return { state: "queued", error: { code, detail } };
}
