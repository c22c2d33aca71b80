/** What a million events cost: pure. */
import type { EventCosts } from "../parts/measurement.ts";
import { DOLLARS_A_MILLION, OBJECT_GB, OPERATIONS_A_QUEUE_MESSAGE } from "./prices.ts";

/** What money is spent on. */
export const PARTS = [
  "rows written",
  "objects",
  "queues",
  "requests and CPU",
  "rows read",
] as const;

type Part = (typeof PARTS)[number];

/** Dollars for a million events of one kind. */
export type Bill = { event: string } & Record<Part, number>;

export type Times = {
  /** Of the Worker, for one event. */
  cpuMs: number;
  /** How long objects are busy with one event. */
  objectMs: number;
};

const MS_PER_SECOND = 1000;

export function costOf({ event, events, costs }: EventCosts, times: Times): Bill {
  const each = (count: number): number => count / events;
  const { workerRequest, cpuMs, objectRequest, objectGbSecond, rowWritten, rowRead } =
    DOLLARS_A_MILLION;
  const objectCalls = each(costs.objectCalls + costs.objectAlarms);
  const objectSeconds = times.objectMs / MS_PER_SECOND;
  return {
    event,
    "rows written": each(costs.d1RowsWritten + costs.objectRowsWritten) * rowWritten,
    objects: objectCalls * objectRequest + objectSeconds * OBJECT_GB * objectGbSecond,
    queues:
      each(costs.queueMessages) * OPERATIONS_A_QUEUE_MESSAGE * DOLLARS_A_MILLION.queueOperation,
    "requests and CPU":
      each(workerRequests(costs.queueMessages)) * workerRequest + times.cpuMs * cpuMs,
    "rows read": each(costs.d1RowsRead + costs.objectRowsRead) * rowRead,
  };
}

export function totalOf(bill: Bill): number {
  return PARTS.reduce((sum, part) => sum + bill[part], 0);
}

export function greatestPartOf(bill: Bill): Part {
  return PARTS.reduce((greatest, part) => (bill[part] > bill[greatest] ? part : greatest));
}

/** One for the webhook or call itself, and one for the consumer of its statuses, if it has any. */
function workerRequests(queueMessages: number): number {
  return queueMessages > 0 ? 2 : 1;
}
