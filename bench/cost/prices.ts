/**
 * Dollars for a million, beyond what the plan includes.
 * https://developers.cloudflare.com/workers/platform/pricing/
 */
export const DOLLARS_A_MILLION = {
  workerRequest: 0.3,
  cpuMs: 0.02,
  objectRequest: 0.15,
  objectGbSecond: 12.5,
  rowWritten: 1,
  rowRead: 0.001,
  queueOperation: 0.4,
} as const;

/** An object is charged for this much memory, whatever it uses. */
export const OBJECT_GB = 0.128;

/** Written, read, deleted. */
export const OPERATIONS_A_QUEUE_MESSAGE = 3;
