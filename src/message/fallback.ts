/** The template that replaces a message which the closed session window did not allow: pure. */
import { outboundMessageId } from "../lib/ids.ts";
import { parseJson } from "../lib/json.ts";
import { displayBody } from "./display.ts";
import type { OutgoingMessage, SendReport } from "./outgoing-message.ts";

/** Meta's "more than 24 hours have passed since the customer last replied". */
export const WINDOW_CLOSED_CODE = 131047;

/** The fallback of a message that ended with this report; null if it has none or needs none. */
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

/** The fallback, at the message's place in the order; null if the message has none. */
export function fallbackOf(message: OutgoingMessage, now: number): OutgoingMessage | null {
  const {
    fallback,
    fallback_body,
    fallback_files: files,
    files: _replaced,
    shown,
    ...rest
  } = message;
  if (fallback === undefined) return null;
  const body = fallback_body ?? displayBody({ type: "template", template: parseJson(fallback) });
  return {
    ...rest,
    ...(shown === undefined
      ? { fallback_body: body }
      : { shown: { ...shown, body, request_hash: null, resend_of: null, send_at: null } }),
    id: outboundMessageId(now, message.id),
    type: "template",
    content: fallback,
    ...(files === undefined ? {} : { files }),
    // Before all messages that wait behind this one.
    ready_at: Math.min(message.ready_at, now) - 1,
    fallback_of: message.id,
  };
}

/** Error code of a fallback that waits because D1 did not take its row. */
export const NOT_CLAIMED = "not_claimed";
