/** Why we do not send a message ourselves, in words for whoever wrote it: pure. */
import type { ConversationState } from "./conversation-state.ts";
import type { OutgoingMessage, SendError, SendReport } from "./outgoing-message.ts";
import { nextSendAt } from "./pair-rate.ts";
import { windowExpiresAt } from "./session-window.ts";

export type RefusalReason = "expired" | "window_closed" | "pair_rate" | "number_rate";

/** @param retryAt when there is room for it again, where that is the reason */
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
        detail: "Its expires_at passed before it could be sent: send it anew if it still matters.",
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
