/** Statuses into the queue, within its limits. */
import type { MessageStatus } from "./message-status.ts";

/** Cloudflare Queues: 100 messages and 256 KB a batch, 128 KB a message. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 250_000;
const MESSAGE_BYTES = 120_000;

/** Resolves once the queue has all of them on disk; throws if it refuses any. */
export async function queueStatuses(
  queue: Queue<MessageStatus>,
  statuses: readonly MessageStatus[],
): Promise<void> {
  await Promise.all(
    batchesOf(statuses).map((batch) => queue.sendBatch(batch.map((body) => ({ body })))),
  );
}

/** True if a status fits into one queue message. */
export function fitsQueue(status: MessageStatus): boolean {
  return bytesOf(status) <= MESSAGE_BYTES;
}

/** Splits by number and by size, keeping the order. */
export function batchesOf(statuses: readonly MessageStatus[]): MessageStatus[][] {
  const batches: MessageStatus[][] = [];
  let batch: MessageStatus[] = [];
  let bytes = 0;
  for (const status of statuses) {
    const size = bytesOf(status);
    if (batch.length === BATCH_MESSAGES || bytes + size > BATCH_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(status);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

function bytesOf(status: MessageStatus): number {
  return new TextEncoder().encode(JSON.stringify(status)).byteLength;
}
