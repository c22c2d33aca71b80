/**
 * What an operator follows: each request, webhook, send and queue batch as one line in the log and,
 * where METRICS is bound, as one data point in Workers Analytics Engine (`docs/operate/observe.md`).
 */
import { env } from "cloudflare:workers";
import { log, type LogMembers } from "./log.ts";
import { optionalBindings } from "../optional-bindings.ts";

/** An event whose members are the columns of a data point; `more` stands in the log alone. */
export type Observation = {
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
