/**
 * Commits everything that a webhook body contains where it can't be lost: messages at their
 * conversations' objects, statuses in the queue, all other fields and their effects in D1.
 */
import { parseConfig, readMarksOnReceive } from "../config/config.ts";
import { conversations } from "../conversation/client.ts";
import { type FreshMessages, receiveMessages } from "../conversation/receive.ts";
import { createGraphClient } from "../graph/client.ts";
import { withDeadline } from "../lib/deadline.ts";
import { inboundMessageId } from "../lib/ids.ts";
import { log, requestIdMember } from "../lib/log.ts";
import { queueSized } from "../lib/queue.ts";
import { inboundEffect } from "../message/inbound-effect.ts";
import { keepAccountEvents } from "../store/account-events.ts";
import { keepMarketingPreferences } from "../store/contacts.ts";
import { ANSWER_PATIENCE_MS, createDatabase, type Database, withD1Timeout } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import type { MessageStatus } from "../store/message-status.ts";
import { keepTemplateUpdates } from "../store/templates.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";
import { queueEvents } from "../subscribers/queue.ts";
import type { AccountEffect } from "./account.ts";
import { newestStamp, peopleIn, timeOf, withoutErased, withoutErasedMembers } from "./erased.ts";
import type { WebhookEvents } from "./events.ts";
import { packStatuses } from "./status-pack.ts";
import { deadLetterOf } from "./statuses.ts";

/** Returns the fresh messages of each conversation; throws if anything could not be kept. */
export async function commitEvents(env: Env, events: WebhookEvents): Promise<FreshMessages[]> {
  const given = await withoutErasedMembers(env, events.messages);
  const messages = await Promise.all(
    given.map(async (event) => ({
      ...event,
      ...requestIdMember(),
      id: await inboundMessageId(event.at, event.phone_number_id, event.wamid),
    })),
  );
  const { bodies, tooLarge } = packStatuses(events.statuses);
  const [fresh] = await Promise.all([
    receiveMessages(env, messages),
    queueSized(env.STATUS_QUEUE, bodies),
    isAnythingForD1(events, tooLarge) ? keepInD1(env, events, tooLarge) : null,
  ]);
  return fresh;
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
  // The limit is for D1 alone: taking a large body apart by its answer may take longer.
  const { DB } = withD1Timeout(env, ANSWER_PATIENCE_MS);
  const kept = await withoutErased(env, createDatabase(DB), events, now);
  // Meta delivers the body again if D1 has not kept it by then.
  await withDeadline(keepWithoutErased(env, kept, tooLarge, now), ANSWER_PATIENCE_MS);
}

async function keepWithoutErased(
  env: Env,
  kept: Pick<WebhookEvents, "account" | "effects" | "unusable">,
  tooLarge: readonly MessageStatus[],
  now: number,
): Promise<void> {
  const database = createDatabase(env);
  const unusable = kept.unusable.map(({ reason, value }) => ({
    source: "webhook",
    reason,
    payload: value,
    about: peopleIn(env, value, newestStamp(value, now) ?? now),
  }));
  const reason = "larger than a queue message";
  const statuses = tooLarge.map((body) =>
    deadLetterOf(env, { source: "status", reason, body }, now),
  );
  const [account] = await Promise.all([
    keepAccountEvents(
      database,
      kept.account.map((event) => ({ ...event, about: peopleIn(env, event.value, timeOf(event)) })),
    ),
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

/** The event of a changed template; the conversation's object makes the events of other effects. */
function eventOfEffect(effect: AccountEffect): SubscriberEvent[] {
  if (effect.kind !== "template") return [];
  const { name, language, status, category, quality, at } = effect;
  return [{ type: "template.updated", name, language, status, category, quality, at }];
}

/** Every effect may be repeated. Throws an error of D1 or of an object. */
async function applyAccountEffects(
  env: Env,
  database: Database,
  effects: readonly AccountEffect[],
): Promise<void> {
  await Promise.all([
    keepTemplateUpdates(
      database,
      effects.filter((effect) => effect.kind === "template"),
    ),
    keepMarketingPreferences(
      database,
      effects
        .filter((effect) => effect.kind === "marketing")
        .map((each) => ({ ...each, about: peopleIn(env, each.addresses.join(" "), each.at) })),
    ),
    ...effects.map((effect) => applyToConversation(env, effect)),
  ]);
}

async function applyToConversation(env: Env, effect: AccountEffect): Promise<void> {
  const client = conversations(env);
  switch (effect.kind) {
    case "template":
    case "marketing":
      return;
    case "call": {
      const id = client.idOf(effect.phoneNumberId, effect.address);
      await client.receiveCall(id, effect);
      return;
    }
    case "identity":
      // Any of the addresses may have the conversation, or none.
      for (const address of effect.identity.addresses) {
        const id = client.idOf(effect.phoneNumberId, address);
        if (await client.learn(id, effect.identity)) return;
      }
  }
}

/**
 * Marks the newest message of each conversation as read, after the answer to Meta; Meta then marks the
 * earlier ones too, and the customer sees blue ticks. Where it fails, nothing is lost and nothing is
 * repeated.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
export async function markReceivedAsRead(
  env: Env,
  received: readonly FreshMessages[],
): Promise<void> {
  if (!readMarksOnReceive(env)) return;
  const result = parseConfig(env);
  if (!result.ok) return;
  const client = createGraphClient(result.config);
  await Promise.all(
    received.map(async (fresh) => {
      const newest = fresh
        .filter((message) => inboundEffect(message).countsAsUnread)
        .toSorted((one, other) => (one.id < other.id ? -1 : 1))
        .at(-1);
      if (newest === undefined) return;
      const { phone_number_id, wamid } = newest;
      const answer = await client.markAsRead(phone_number_id, wamid, { typing: false });
      if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
    }),
  );
}
