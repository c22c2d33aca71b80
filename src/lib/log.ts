/**
 * The log: one JSON line for each event, without anything secret or personal (no text, no token, no
 * full number). Requests, webhooks, sends and queue batches are also data points in Workers Analytics
 * Engine where METRICS is bound (`docs/operate/observe.md`).
 *
 * Every line contains the id of the request that caused it. The id survives the awaits of one Worker
 * or object; calls of objects and queue messages carry it as a member, which older versions left out.
 */
/* oxlint-disable no-console -- the one place that writes logs */
import { env } from "cloudflare:workers";
import { AsyncLocalStorage } from "node:async_hooks";
import { optionalBindings } from "./optional-bindings.ts";

const scope = new AsyncLocalStorage<string>();

/** Runs the work as part of a request, or of none where the request is unknown. */
export function withinRequest<Result>(requestId: string | undefined, work: () => Result): Result {
  return requestId === undefined ? scope.exit(work) : scope.run(requestId, work);
}

function currentRequestId(): string | undefined {
  return scope.getStore();
}

/** The current request's id, as a member for a call or a queue message. */
export function requestIdMember(): { request_id?: string } {
  const requestId = currentRequestId();
  return requestId === undefined ? {} : { request_id: requestId };
}

type Level = "info" | "error";

export type LogMembers = Readonly<Record<string, string | number | boolean | null>>;

/** Writes a line; adds the id of the current request, if there is one. */
export function log(level: Level, event: string, members: LogMembers = {}): void {
  console[level](JSON.stringify({ event, ...requestIdMember(), ...members }));
}

/** Enough digits of one of Meta's ids for an operator to recognise a business number. */
const ID_CHARACTERS_SHOWN = 4;

export function masked(id: string): string {
  return `…${id.slice(-ID_CHARACTERS_SHOWN)}`;
}

/**
 * What a log line may contain of an error: its name, and the platform's own words, which contain no
 * user data. Of a SyntaxError only the name, because its message quotes the text that it failed on.
 */
export function errorMembers(error: unknown): { error: string } {
  if (!(error instanceof Error)) return { error: "unknown" };
  if (error instanceof SyntaxError) return { error: error.name };
  return { error: `${error.name}: ${platformWords(error.message)}` };
}

/** D1 and SQLite write table and column names without quotation marks, and values within them. */
const OF_DATABASE = /^D1_|SQLITE_/;

function platformWords(message: string): string {
  return OF_DATABASE.test(message) ? beforeQuotation(message) : firstLine(message);
}

/** The text after a quotation mark may be a user's. */
function beforeQuotation(message: string): string {
  return (firstLine(message).split(/['"`]/, 1)[0] ?? "").trimEnd();
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}

/** An event whose members are the columns of a data point; `more` is written to the log only. */
type Observation = {
  event: "request" | "webhook" | "send" | "queue_batch";
  /** The kind: a route's pattern, a message's type, or a queue's name. */
  subject: string;
  /** The result: an HTTP status, or a message's state. */
  outcome: string;
  /** The number of messages in a batch, else 1. */
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
