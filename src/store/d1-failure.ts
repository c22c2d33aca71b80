/** What a D1 error means for whoever got it: the one place that reads the platform's messages. */

export type D1Failure =
  /** The connection broke: an idempotent statement may be repeated at once. */
  | "repeat"
  /** The content can't be stored, now or ever. */
  | "content"
  /** Overloaded, unavailable or unknown: later, and not hot. */
  | "later";

/** https://developers.cloudflare.com/d1/observability/debug-d1/ */
const REPEATABLE = [
  "Network connection lost",
  "storage caused object to be reset",
  "reset because its code was updated",
];

/** SQLite's result codes for values that fit no column, and for JSON that it can't read. */
const OF_CONTENT = [
  "SQLITE_TOOBIG",
  "SQLITE_CONSTRAINT",
  "SQLITE_MISMATCH",
  "SQLITE_RANGE",
  "malformed JSON",
];

export function d1Failure(error: unknown): D1Failure {
  const text = messagesOf(error);
  if (REPEATABLE.some((part) => text.includes(part))) return "repeat";
  return OF_CONTENT.some((part) => text.includes(part)) ? "content" : "later";
}

/** Tables or columns that this version needs are not there: its migrations were not applied. */
export function lacksMigrations(error: unknown): boolean {
  return /no such (?:table|column)|has no column named/.test(messagesOf(error));
}

/** What to do about it, on this machine and deployed. */
export const APPLY_MIGRATIONS =
  "apply them with `npx wrangler d1 migrations apply DB --local`, or, for a Worker that is deployed, with `npm run deploy`";

/** drizzle and D1 wrap what SQLite said. */
function messagesOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message);
  return messages.join("\n");
}
