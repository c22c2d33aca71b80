import { expect, test } from "vitest";
import { costOf, greatestPartOf, totalOf } from "../../bench/cost/cost-of.ts";

const NOTHING = {
  d1RoundTrips: 0,
  d1Statements: 0,
  d1RowsRead: 0,
  d1RowsWritten: 0,
  objectCalls: 0,
  objectAlarms: 0,
  objectRowsRead: 0,
  objectRowsWritten: 0,
  queueMessages: 0,
  graphCalls: 0,
};

const NO_TIME = { cpuMs: 0, objectMs: 0 };

test("a million texts: rows, calls, time and the request", () => {
  const costs = {
    ...NOTHING,
    d1RowsWritten: 9,
    objectRowsWritten: 5,
    objectCalls: 2,
    objectAlarms: 1,
  };
  const bill = costOf({ event: "a text", events: 1, costs }, { cpuMs: 5, objectMs: 30 });
  expect(bill["rows written"]).toBeCloseTo(14);
  // Three calls, and 30 ms of 128 MB.
  expect(bill.objects).toBeCloseTo(0.45 + 0.048);
  expect(bill["requests and CPU"]).toBeCloseTo(0.3 + 0.1);
  expect(totalOf(bill)).toBeCloseTo(14.898);
  expect(greatestPartOf(bill)).toBe("rows written");
});

test("a million statuses in bodies of a hundred: three queue operations each", () => {
  const costs = { ...NOTHING, d1RowsWritten: 200, queueMessages: 100 };
  const bill = costOf({ event: "a status", events: 100, costs }, NO_TIME);
  expect(bill["rows written"]).toBeCloseTo(2);
  expect(bill.queues).toBeCloseTo(1.2);
  // Of the webhook and of the consumer, both shared by a hundred.
  expect(bill["requests and CPU"]).toBeCloseTo(0.006);
});
