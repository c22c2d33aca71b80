/** Sends any number of messages to a queue within its limits, and observes each batch received. */
import { isJsonObject, textMember } from "./json.ts";
import { observe, requestIdMember } from "./log.ts";

/** Cloudflare Queues: 100 messages and 256 KB a batch. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 250_000;

/**
 * Resolves once the queue has stored all messages; throws if it refuses one. Each message carries the
 * id of the current request.
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

/** Splits messages into batches by number and size, in their order. */
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

/** The size of a queue message as JSON. */
export function bytesOf(body: unknown): number {
  return new TextEncoder().encode(JSON.stringify(body)).byteLength;
}

/** A batch contains up to 100 messages; a few request ids are enough to find the others. */
const REQUEST_IDS_SHOWN = 5;

/** Runs a consumer and logs the batch; the consumer's own lines say which messages it retries. */
export async function observed(batch: MessageBatch, work: () => Promise<void>): Promise<void> {
  const { queue, messages } = batch;
  const startedAt = Date.now();
  const oldest = Math.min(startedAt, ...messages.map(({ timestamp }) => timestamp.getTime()));
  const requestIds = new Set(messages.flatMap(({ body }) => requestIdOf(body)));
  let outcome = "failed";
  try {
    await work();
    outcome = "consumed";
  } finally {
    observe({
      event: "queue_batch",
      subject: queue,
      outcome,
      count: messages.length,
      duration_ms: Date.now() - startedAt,
      more: {
        redelivered: messages.filter(({ attempts }) => attempts > 1).length,
        waited_ms: startedAt - oldest,
        request_ids: [...requestIds].slice(0, REQUEST_IDS_SHOWN).join(" "),
      },
    });
  }
}

function requestIdOf(body: unknown): string[] {
  const requestId = isJsonObject(body) ? textMember(body, "request_id") : null;
  return requestId === null ? [] : [requestId];
}
