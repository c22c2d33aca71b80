/** Everything a body says, to where it can't be lost: objects, queue, D1. */
import { queueEvents } from "../delivery/queue-events.ts";
import type { SubscriberEvent } from "../delivery/subscriber-event.ts";
import { receiveMessages, type Reception } from "../conversation/receive-messages.ts";
import { withDeadline } from "../deadline.ts";
import { inboundMessageId } from "../messages/message-id.ts";
import type { MessageStatus } from "../messages/message-status.ts";
import { fitsQueue } from "../messages/status-queue.ts";
import { queueAll } from "../queues/queue-batches.ts";
import { keepAccountEvents } from "../store/account-events.ts";
import { requestIdMember } from "../observability/request-scope.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { ANSWER_PATIENCE_MS, withPatience } from "../store/patient-d1.ts";
import type { AccountEffect } from "./account-effect.ts";
import { applyAccountEffects } from "./apply-account-effects.ts";
import type { WebhookEvents } from "./webhook-events.ts";
import { withoutErased } from "./without-erased.ts";

/** What the conversations took; throws if anything could not be kept. */
export async function commitEvents(env: Env, events: WebhookEvents): Promise<Reception[]> {
  const messages = await Promise.all(
    events.messages.map(async (event) => ({
      ...event,
      ...requestIdMember(),
      id: await inboundMessageId(event.at, event.phone_number_id, event.wamid),
    })),
  );
  const { fits, tooLarge } = partitionBySize(events.statuses);
  const [receptions] = await Promise.all([
    receiveMessages(env, messages),
    queueAll(env.STATUS_QUEUE, fits),
    isAnythingForD1(events, tooLarge) ? keepInD1(env, events, tooLarge) : null,
  ]);
  return receptions;
}

function isAnythingForD1(
  { account, effects, unusable }: WebhookEvents,
  tooLarge: readonly MessageStatus[],
): boolean {
  return [account, effects, unusable, tooLarge].some((some) => some.length > 0);
}

async function keepInD1(
  env: Env,
  events: WebhookEvents,
  tooLarge: readonly MessageStatus[],
): Promise<void> {
  const now = Date.now();
  // D1 has its time; what is computed of its answer may take as long as the body is large.
  const { DB } = withPatience(env, ANSWER_PATIENCE_MS);
  const kept = await withoutErased(env, createDatabase(DB), events, now);
  // Meta delivers again what was not kept by then.
  await withDeadline(keepWithoutErased(env, kept, tooLarge, now), ANSWER_PATIENCE_MS);
}

async function keepWithoutErased(
  env: Env,
  kept: Pick<WebhookEvents, "account" | "effects" | "unusable">,
  tooLarge: readonly MessageStatus[],
  now: number,
): Promise<void> {
  const database = createDatabase(env.DB);
  const unusable = kept.unusable.map(({ reason, value }) => ({
    source: "webhook",
    reason,
    payload: value,
  }));
  const statuses = tooLarge.map((status) => ({
    source: "status",
    reason: "larger than a queue message",
    payload: JSON.stringify(status),
  }));
  const [account] = await Promise.all([
    keepAccountEvents(database, kept.account),
    applyAccountEffects(env, database, kept.effects),
    keepDeadLetters(database, [...unusable, ...statuses], now),
  ]);
  await queueEvents(env, [
    ...account.map(({ id, received_at }): SubscriberEvent => {
      return { type: "account.event", event_id: id, at: received_at };
    }),
    ...kept.effects.flatMap(eventOfEffect),
  ]);
}

/** A template that changed; what other effects change is told by whoever they change. */
function eventOfEffect(effect: AccountEffect): SubscriberEvent[] {
  if (effect.kind !== "template") return [];
  const { name, language, status, category, quality, at } = effect;
  return [{ type: "template.updated", name, language, status, category, quality, at }];
}

/** A status that no queue message can hold is kept where an operator sees it and can apply it. */
function partitionBySize(statuses: readonly MessageStatus[]) {
  const fits: MessageStatus[] = [];
  const tooLarge: MessageStatus[] = [];
  for (const status of statuses) (fitsQueue(status) ? fits : tooLarge).push(status);
  return { fits, tooLarge };
}
