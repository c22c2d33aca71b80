/** Sends any number of messages to a queue within its limits, and observes each batch received. */
import { bytesOf } from "./bytes.ts";
import { isJsonObject, textMember } from "./json.ts";
import { observe, requestIdMember } from "./log.ts";

/** Cloudflare Queues: 100 messages a batch. */
const BATCH_MESSAGES = 100;

/** And 256 KB, of which each message's metadata takes about 100 bytes, and its request's id 52. */
const BATCH_BYTES = 240_000;

/** A body, and its size as JSON. */
export type Sized<Body> = { body: Body; bytes: number };

/**
 * Resolves once the queue has stored all messages; throws if it refuses one. Each message carries the
 * id of the current request.
 */
export async function queueAll<Body extends object>(
  queue: Queue<Body>,
  bodies: readonly Body[],
  options?: QueueSendBatchOptions,
): Promise<void> {
  await queueSized(queue, bodies.map(sized), options);
}

/** The same for bodies that were measured already. */
export async function queueSized<Body extends object>(
  queue: Queue<Body>,
  messages: readonly Sized<Body>[],
  options?: QueueSendBatchOptions,
): Promise<void> {
  const requestId = requestIdMember();
  await Promise.all(
    batchesOf(messages).map((batch) =>
      queue.sendBatch(
        batch.map(({ body }) => ({ body: { ...body, ...requestId } })),
        options,
      ),
    ),
  );
}

/** Splits messages into batches by number and size, in their order. */
export function batchesOf<Body>(messages: readonly Sized<Body>[]): Sized<Body>[][] {
  const batches: Sized<Body>[][] = [];
  let batch: Sized<Body>[] = [];
  let total = 0;
  for (const message of messages) {
    if (batch.length === BATCH_MESSAGES || total + message.bytes > BATCH_BYTES) {
      batches.push(batch);
      batch = [];
      total = 0;
    }
    batch.push(message);
    total += message.bytes;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

/** The body with its size as a queue message. */
export function sized<Body>(body: Body): Sized<Body> {
  return { body, bytes: bytesOf(JSON.stringify(body)) };
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
