/** What colleagues answered a customer. Pure. */
import type { Message } from "./views.ts";

type Sent = Pick<Message, "direction" | "sent_by" | "type" | "status">;

/** Neither a reminder nor a reaction answers anybody. */
const NO_ANSWERS = new Set(["template", "reaction"]);

/** What did not leave is no answer either. */
export function isColleagues({ direction, sent_by, type, status }: Sent, own: string): boolean {
  const isAnswer = !NO_ANSWERS.has(type) && !cameToNothing({ status });
  return direction === "outbound" && sent_by !== own && isAnswer;
}

/** Whether the customer never gets it. */
export function cameToNothing({ status }: Pick<Message, "status">): boolean {
  return status === "failed" || status === "canceled";
}
