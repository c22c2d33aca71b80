/** The template that goes in the place of a message that Meta refused since the session window was closed: pure. */
import { outboundMessageId } from "../lib/ids.ts";
import type { OutgoingMessage, SendReport } from "./outgoing-message.ts";

/** Meta's "more than 24 hours have passed since the customer last replied". */
export const WINDOW_CLOSED_CODE = 131047;

/** The fallback of a message that came to this end; null where it has none or needs none. */
export function fallbackAfter(
  message: OutgoingMessage,
  report: SendReport,
  now: number,
): OutgoingMessage | null {
  return report.state === "failed" &&
    (report.error.code === "session_window_closed" ||
      report.error.meta?.code === WINDOW_CLOSED_CODE)
    ? fallbackOf(message, now)
    : null;
}

/** Takes the place of the message among those to the customer; null where it has no fallback. */
export function fallbackOf(message: OutgoingMessage, now: number): OutgoingMessage | null {
  const { fallback, fallback_files: files, files: _replaced, ...rest } = message;
  if (fallback === undefined) return null;
  return {
    ...rest,
    id: outboundMessageId(now, message.id),
    type: "template",
    content: fallback,
    ...(files === undefined ? {} : { files }),
    // Before all that waits behind the message.
    ready_at: Math.min(message.ready_at, now) - 1,
    fallback_of: message.id,
  };
}

/** Why a fallback waits that has no row yet: D1 did not take it. */
export const NOT_CLAIMED = "not_claimed";
