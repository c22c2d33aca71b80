/** The consumer of the status queue: a batch into D1, each message acknowledged after its effect. */
import * as v from "valibot";
import { errorMembers, log } from "../observability/log.ts";
import { retryDelaySeconds } from "../queues/queue-retry.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import type { NewlyNamed } from "../store/newly-named.ts";
import { oneByOneIfRefused } from "../store/one-by-one.ts";
import { applyStatuses } from "./apply-statuses.ts";
import { STATUS_BODY_VERSION, type MessageStatus } from "./message-status.ts";

/** @param follow what else is to happen, once the statuses stand in D1 */
export async function consumeStatuses(
  batch: MessageBatch,
  env: Env,
  follow: (statuses: readonly MessageStatus[], named: readonly NewlyNamed[]) => Promise<void>,
): Promise<void> {
  const database = createDatabase(env.DB);
  const readable = batch.messages.filter(({ body }) => isMessageStatus(body));
  const unreadable = batch.messages.filter(({ body }) => !isMessageStatus(body));
  await settle(unreadable, () =>
    keepDeadLetters(
      database,
      unreadable.map(({ body }) => ({
        source: batch.queue,
        reason: "not a status this version can read",
        payload: JSON.stringify(body) ?? "null",
      })),
      Date.now(),
    ),
  );
  await settle(readable, async () => {
    const statuses = readable.flatMap(({ body }) => (isMessageStatus(body) ? [body] : []));
    const named: NewlyNamed[] = [];
    const refused = await oneByOneIfRefused(statuses, async (some) => {
      named.push(...(await applyStatuses(env, some)));
    });
    const reason = "D1 refused its content";
    await keepDeadLetters(
      database,
      refused.map((status) => ({ source: batch.queue, reason, payload: JSON.stringify(status) })),
      Date.now(),
    );
    await follow(
      statuses.filter((status) => !refused.includes(status)),
      named,
    );
  });
}

/** Acknowledges the messages once the work is done; else each comes back later, ever later. */
async function settle(messages: readonly Message[], work: () => Promise<void>): Promise<void> {
  if (messages.length === 0) return;
  try {
    await work();
    for (const message of messages) message.ack();
  } catch (error) {
    log("error", "queue_batch_failed", { messages: messages.length, ...errorMembers(error) });
    for (const message of messages) {
      message.retry({ delaySeconds: retryDelaySeconds(message.attempts) });
    }
  }
}

const time = v.pipe(v.number(), v.safeInteger());

/** All of it is checked: one row that D1 refuses would hold up the whole batch. */
const messageStatusSchema = v.object({
  version: v.literal(STATUS_BODY_VERSION),
  phone_number_id: v.string(),
  wamid: v.string(),
  status: v.string(),
  participant: v.string(),
  at: time,
  received_at: time,
  message_id: v.nullable(v.string()),
  payload: v.string(),
  people: v.exactOptional(v.array(v.string())),
  request_id: v.exactOptional(v.string()),
});

/** Whether it is a status in the form of this version. */
export function isMessageStatus(body: unknown): body is MessageStatus {
  return v.is(messageStatusSchema, body);
}
