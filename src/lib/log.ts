/**
 * One JSON line an event. Nothing secret or personal goes in: no text, no token, no full number.
 *
 * What an operator follows: each request, webhook, send and queue batch as one line in the log and,
 * where METRICS is bound, as one data point in Workers Analytics Engine (`docs/operate/observe.md`).
 *
 * Which request the work at hand belongs to. It holds across awaits of one Worker or object; into
 * objects and queues the id goes as a member of what is sent there, absent in what older versions sent.
 */
/* oxlint-disable no-console -- the one place that writes logs */
import { env } from "cloudflare:workers";
import { AsyncLocalStorage } from "node:async_hooks";
import { optionalBindings } from "./optional-bindings.ts";

const scope = new AsyncLocalStorage<string>();

/** Does the work as part of a request; where that is unknown, as part of none. */
export function withinRequest<Result>(requestId: string | undefined, work: () => Result): Result {
  return requestId === undefined ? scope.exit(work) : scope.run(requestId, work);
}

function currentRequestId(): string | undefined {
  return scope.getStore();
}

/** The id as a member to send along. */
export function requestIdMember(): { request_id?: string } {
  const requestId = currentRequestId();
  return requestId === undefined ? {} : { request_id: requestId };
}

type Level = "info" | "error";

export type LogMembers = Readonly<Record<string, string | number | boolean | null>>;

/** Which request it belongs to is told by itself, where there is one. */
export function log(level: Level, event: string, members: LogMembers = {}): void {
  console[level](JSON.stringify({ event, ...requestIdMember(), ...members }));
}

/** Enough of an id of Meta's to tell one's own numbers apart. */
const ID_CHARACTERS_SHOWN = 4;

export function masked(id: string): string {
  return `…${id.slice(-ID_CHARACTERS_SHOWN)}`;
}

/**
 * What an error may tell: its name, and the platform's own words, which hold no user's data. A
 * SyntaxError quotes the text it failed on, so its name alone must do. Behind drizzle's "Failed query"
 * stands what D1 said.
 */
export function errorMembers(error: unknown): { error: string } {
  if (!(error instanceof Error)) return { error: "unknown" };
  if (error instanceof SyntaxError) return { error: error.name };
  if (!error.message.startsWith(FAILED_QUERY)) {
    return { error: `${error.name}: ${platformWords(error.message)}` };
  }
  const { cause } = error;
  const why = cause instanceof Error ? `: ${beforeQuotation(cause.message)}` : "";
  return { error: `${error.name}: ${FAILED_QUERY}${why}` };
}

/** What drizzle quotes behind it is the statement and its parameters. */
const FAILED_QUERY = "Failed query";

/** D1 and SQLite name tables and columns bare, and quote what they were given. */
const OF_DATABASE = /^D1_|SQLITE_/;

function platformWords(message: string): string {
  return OF_DATABASE.test(message) ? beforeQuotation(message) : firstLine(message);
}

/** What comes behind a quotation mark may be anybody's text. */
function beforeQuotation(message: string): string {
  return (firstLine(message).split(/['"`]/, 1)[0] ?? "").trimEnd();
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}

/** An event whose members are the columns of a data point; `more` stands in the log alone. */
type Observation = {
  event: "request" | "webhook" | "send" | "queue_batch";
  /** What kind: a route's pattern, a message's type, a queue. */
  subject: string;
  /** How it ended: an HTTP status, a message's state. */
  outcome: string;
  /** How many: messages of a batch, else 1. */
  count: number;
  duration_ms: number;
  more?: LogMembers;
};

export function observe({ event, more = {}, ...point }: Observation): void {
  log("info", event, { ...point, ...more });
  optionalBindings(env).METRICS?.writeDataPoint({
    indexes: [event],
    blobs: [event, point.subject, point.outcome],
    doubles: [point.count, point.duration_ms],
  });
}
