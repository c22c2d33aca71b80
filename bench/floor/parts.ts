/** What our design asks of a send that the floor leaves out. Each can be added by itself: `?also=alarm,rows`. */

const PARTS = [
  /** An alarm, set in the transaction that takes the message, that would bring its row into D1. */
  "alarm",
  /** The message and its conversation as rows of our tables, with all their indexes. */
  "rows",
  /** The idempotency key as a row of our table. */
  "key",
  /** The row that tells open pages of the inbox what has changed; needs `rows`. */
  "changes",
  /** The message with all that we show of it as the answer. */
  "answer",
  /** A line of the log by the object, and one by the Worker. */
  "log",
] as const;

export type Part = (typeof PARTS)[number];

export function partsOf({ searchParams }: URL): Part[] {
  const asked = searchParams.get("also")?.split(",") ?? [];
  return PARTS.filter((part) => asked.includes(part));
}
