/** Hands each queue's batch to its consumer. */
import { eventData } from "../api/events/data.ts";
import { errorMembers, log } from "../lib/log.ts";
import { retryDelaySeconds } from "../lib/backoff.ts";
import { observed } from "../lib/queue.ts";
import { consumeMedia } from "../media/archive.ts";
import { createDatabase, withD1Timeout } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { deliverEvents } from "../subscribers/deliver.ts";
import { PROMPT, SLOW } from "../subscribers/pace.ts";
import { readStatusBody } from "../webhook/status-pack.ts";
import { consumeStatuses, deadLetterOf } from "../webhook/statuses.ts";

/** Only the start of a queue's name differs by environment: `paloma-status`, `paloma-staging-status`. */
const STATUS_QUEUE = /-status$/;
const MEDIA_QUEUE = /-media$/;
const EVENT_QUEUE = /-events$/;
/** Also matches `EVENT_QUEUE`, so that an older version delivers the events that it finds there. */
const SLOW_EVENT_QUEUE = /-slow-events$/;

/** Where D1 hangs, the queue delivers the batch again. */
const D1_PATIENCE_MS = 10_000;

export async function consumeQueue(batch: MessageBatch, env: Env): Promise<void> {
  await observed(batch, () => consume(batch, withD1Timeout(env, D1_PATIENCE_MS)));
}

async function consume(batch: MessageBatch, env: Env): Promise<void> {
  if (STATUS_QUEUE.test(batch.queue)) {
    await consumeStatuses(batch, env);
  } else if (MEDIA_QUEUE.test(batch.queue)) {
    await consumeMedia(batch, env);
  } else if (EVENT_QUEUE.test(batch.queue)) {
    const database = createDatabase(env);
    const pace = SLOW_EVENT_QUEUE.test(batch.queue) ? SLOW : PROMPT;
    await deliverEvents(batch, env, (event) => eventData(database, event), pace);
  } else await keepGivenUp(batch, env);
}

/**
 * Keeps messages that a queue gave up on after all retries as dead letters, which an operator sees: each
 * status of a pack by itself, and every other body whole.
 */
async function keepGivenUp(batch: MessageBatch, env: Env): Promise<void> {
  const bodies = batch.messages.flatMap(({ body }) => {
    const { statuses, unreadable } = readStatusBody(body);
    return [...statuses, ...unreadable];
  });
  const now = Date.now();
  const source = { source: "queue", reason: "given up after every retry" };
  const letters = bodies.map((body) => deadLetterOf(env, { ...source, body }, now));
  try {
    await keepDeadLetters(createDatabase(env), letters, now);
    batch.ackAll();
  } catch (error) {
    log("error", "dead_letters_not_kept", { letters: letters.length, ...errorMembers(error) });
    for (const message of batch.messages) {
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
    }
  }
}
