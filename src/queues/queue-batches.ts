/** Many messages into a queue, within its limits. */
import { requestIdMember } from "../observability/request-scope.ts";

/** Cloudflare Queues: 100 messages and 256 KB a batch. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 250_000;

/**
 * Resolves once the queue has all of them on disk; throws if it refuses any. The request that they
 * come of goes along.
 */
export async function queueAll<Body extends object>(
  queue: Queue<Body>,
  bodies: readonly Body[],
  options?: QueueSendBatchOptions,
): Promise<void> {
  await Promise.all(
    batchesOf(bodies).map((batch) =>
      queue.sendBatch(
        batch.map((body) => ({ body: { ...body, ...requestIdMember() } })),
        options,
      ),
    ),
  );
}

/** Splits by number and by size, keeping the order. */
export function batchesOf<Body>(bodies: readonly Body[]): Body[][] {
  const batches: Body[][] = [];
  let batch: Body[] = [];
  let bytes = 0;
  for (const body of bodies) {
    const size = bytesOf(body);
    if (batch.length === BATCH_MESSAGES || bytes + size > BATCH_BYTES) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(body);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

/** The size of a queue message. */
export function bytesOf(body: unknown): number {
  return new TextEncoder().encode(JSON.stringify(body)).byteLength;
}
