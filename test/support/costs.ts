/** What the platform charges for, as far as it can be counted. */

/** What was done. */
export type Costs = {
  d1RoundTrips: number;
  d1Statements: number;
  d1RowsRead: number;
  d1RowsWritten: number;
  /** Calls of objects, by the Worker or by another object. */
  objectCalls: number;
  objectAlarms: number;
  objectRowsRead: number;
  /** Setting an alarm is one of them. */
  objectRowsWritten: number;
  /** Messages put into queues. */
  queueMessages: number;
  graphCalls: number;
};

export function costsBetween(before: Costs, after: Costs): Costs {
  return {
    d1RoundTrips: after.d1RoundTrips - before.d1RoundTrips,
    d1Statements: after.d1Statements - before.d1Statements,
    d1RowsRead: after.d1RowsRead - before.d1RowsRead,
    d1RowsWritten: after.d1RowsWritten - before.d1RowsWritten,
    objectCalls: after.objectCalls - before.objectCalls,
    objectAlarms: after.objectAlarms - before.objectAlarms,
    objectRowsRead: after.objectRowsRead - before.objectRowsRead,
    objectRowsWritten: after.objectRowsWritten - before.objectRowsWritten,
    queueMessages: after.queueMessages - before.queueMessages,
    graphCalls: after.graphCalls - before.graphCalls,
  };
}
