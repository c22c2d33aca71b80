/** What colleagues answered a customer. Pure. */
import type { Message } from "./views.ts";

type Sent = Pick<Message, "direction" | "sent_by" | "type" | "status">;

/** Reminders are no answers, nor is what did not leave. */
export function isColleagues({ direction, sent_by, type, status }: Sent, own: string): boolean {
  return (
    direction === "outbound" &&
    sent_by !== own &&
    type !== "template" &&
    status !== "failed" &&
    status !== "canceled"
  );
}
