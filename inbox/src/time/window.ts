/** How long a customer's session window stays open. Pure. */
import type { Conversation } from "../state/views.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** From here on the chip stands out: time to answer. */
const SOON_MS = 2 * HOUR_MS;
const URGENT_MS = 15 * MINUTE_MS;

export type SessionWindow =
  | {
      kind: "open";
      urgency: "quiet" | "soon" | "urgent";
      hours: number;
      minutes: number;
      until: string;
    }
  | { kind: "closed" }
  /** The customer never wrote. */
  | { kind: "never" };

/** The window at this time; the server's word for it is as old as the view. */
export function sessionWindow(
  { expires_at: until }: Conversation["session_window"],
  now: number,
): SessionWindow {
  if (until === null) return { kind: "never" };
  const leftMs = Date.parse(until) - now;
  if (leftMs <= 0) return { kind: "closed" };
  // Rounded up: "0 min" would look closed.
  const wholeMinutes = Math.ceil(leftMs / MINUTE_MS);
  return {
    kind: "open",
    urgency: urgencyOf(leftMs),
    hours: Math.floor(wholeMinutes / 60),
    minutes: wholeMinutes % 60,
    until,
  };
}

/** Whether anything but templates may be sent: groups have no window of their own. */
export function takesFreeForm(
  { kind, session_window }: Pick<Conversation, "kind" | "session_window">,
  now: number,
): boolean {
  return kind === "group" || sessionWindow(session_window, now).kind === "open";
}

function urgencyOf(leftMs: number): "quiet" | "soon" | "urgent" {
  if (leftMs < URGENT_MS) return "urgent";
  return leftMs < SOON_MS ? "soon" : "quiet";
}
