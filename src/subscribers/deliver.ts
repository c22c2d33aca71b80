/**
 * The consumer of the event queues. It serves subscribers side by side, each with a few deliveries at
 * a time. It leaves an unreachable subscriber alone for a while and moves the events of a slow one to
 * a queue of their own, so that neither delays the others.
 */
import { readEventSubscribers } from "../config/config.ts";
import type { EventSubscriber } from "../config/subscribers.ts";
import { deliveryDelaySeconds, isGivenUp, LONGEST_DELAY_SECONDS } from "../lib/backoff.ts";
import { errorMembers, log } from "../lib/log.ts";
import { queueAll } from "../lib/queue.ts";
import { MINUTE_MS, SECOND_MS } from "../lib/time.ts";
import { createDatabase } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { eventPayload, isQueuedEvent, type QueuedEvent, type SubscriberEvent } from "./event.ts";
import { Marks, type Pace, PROMPT_ANSWER_MS } from "./pace.ts";
import { postEvent, type PostOutcome } from "./post.ts";

/** Loads the `data` of an event as JSON text, as the API shows it now; null if it was erased. */
export type EventData = (event: SubscriberEvent) => Promise<string | null>;

type Delivery = { message: Message; queued: QueuedEvent };

/** `too_slow`: the event moves to the slow queue. */
type DeliveryOutcome = "delivered" | "put_back" | "dropped" | "too_slow";

/** How long an unreachable subscriber is left alone: one that restarts is back within seconds. */
const AWAY_MS = 5 * SECOND_MS;

/** The same after no answer in time: each try delays the other slow subscribers by that time. */
const SILENT_MS = MINUTE_MS;

/** How long a subscriber counts as slow: each new test may deliver an event twice. */
const SLOW_MS = 5 * MINUTE_MS;

const away = new Marks();
const slow = new Marks();

/** Whether the subscriber's events go to the slow queue at once. */
function isSlow({ url }: EventSubscriber): boolean {
  return slow.left(url, Date.now()) > 0;
}

/** Seconds for which the subscriber is left alone. */
function secondsLeftAlone({ url }: EventSubscriber): number {
  return away.left(url, Date.now()) / SECOND_MS;
}

async function deliverEvent(
  subscriber: EventSubscriber,
  { message, queued: { id, event } }: Delivery,
  dataOf: EventData,
  pace: Pace,
): Promise<DeliveryOutcome> {
  const { url } = subscriber;
  if (secondsLeftAlone(subscriber) > 0) return "put_back";
  const about = {
    host: new URL(url).host,
    webhook_id: id,
    type: event.type,
    attempts: message.attempts,
  };
  let outcome: PostOutcome;
  try {
    const data = await dataOf(event);
    // The data was erased while the event waited: nothing is left to deliver.
    if (data === null) return "dropped";
    const startedAt = Date.now();
    const payload = eventPayload(event, data);
    outcome = await postEvent(subscriber, id, payload, startedAt, pace.answerMs);
    const isLate = Date.now() - startedAt >= PROMPT_ANSWER_MS;
    if (isLate || outcome.kind === "silent") slow.begin(url, Date.now() + SLOW_MS);
  } catch (error) {
    log("error", "event_not_loaded", { ...about, ...errorMembers(error) });
    return "put_back";
  }
  const leaveAlone = (leastMs: number, reason: string, asked: number | null): "put_back" => {
    log("error", "subscriber_unavailable", { ...about, reason });
    const askedMs = Math.min(asked ?? 0, LONGEST_DELAY_SECONDS) * SECOND_MS;
    away.begin(url, Date.now() + Math.max(askedMs, leastMs));
    return "put_back";
  };
  switch (outcome.kind) {
    case "delivered":
      away.end(url);
      return "delivered";
    case "gone":
      log("info", "event_not_wanted", about);
      return "dropped";
    case "refused":
      log("error", "event_refused", { ...about, reason: outcome.reason });
      return "put_back";
    case "silent":
      if (pace.queue === "slow") return leaveAlone(SILENT_MS, "no answer in time", null);
      log("info", "subscriber_slow", about);
      return "too_slow";
    case "unavailable":
      return leaveAlone(AWAY_MS, outcome.reason, outcome.retryAfterSeconds);
  }
}

/**
 * Runs the first item alone and then as many at a time as the limit says: so an unreachable
 * subscriber costs one try, not several.
 */
export async function sideBySide<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // All loops share the iterator, so each item is taken once.
  const left = items.values();
  const { value: first, done } = left.next();
  if (done === true) return;
  await work(first);
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** Workers allow 6 open requests at a time; a seventh would wait inside its own answer time. */
const CONNECTIONS = 6;

export async function deliverEvents(
  batch: MessageBatch,
  env: Env,
  dataOf: EventData,
  pace: Pace,
): Promise<void> {
  const result = readEventSubscribers(env);
  if (!result.ok) {
    // The events stay in the queue until a deploy corrects the setting.
    log("error", "event_subscribers_wrong", { messages: batch.messages.length });
    for (const message of batch.messages) putBack(message, 0);
    return;
  }
  const deliveries: Delivery[] = [];
  const unreadable: Message[] = [];
  for (const message of batch.messages) {
    const { body } = message;
    if (isQueuedEvent(body)) deliveries.push({ message, queued: body });
    else unreadable.push(message);
  }
  const bySubscriber = Map.groupBy(deliveries, ({ queued }) => queued.subscriber);
  const inFlight = Math.max(1, Math.floor(CONNECTIONS / bySubscriber.size));
  const loadOnce = onceForEach(dataOf);
  await Promise.all([
    keepGivenUp(env, unreadable, "not an event this version can read"),
    ...[...bySubscriber].map(([url, group]) => {
      const subscriber = result.subscribers.find((each) => each.url === url);
      return subscriber === undefined
        ? forget(group)
        : serve(env, subscriber, group, loadOnce, pace, inFlight);
    }),
  ]);
}

async function serve(
  env: Env,
  subscriber: EventSubscriber,
  group: readonly Delivery[],
  dataOf: EventData,
  pace: Pace,
  inFlight: number,
): Promise<void> {
  const counts = { delivered: 0, put_back: 0, dropped: 0, too_slow: 0 };
  const tooSlow: Delivery[] = [];
  const endsAt = Date.now() + pace.shareMs;
  await sideBySide(group, inFlight, async (delivery) => {
    const { message } = delivery;
    const hasTime = pace.queue === "slow" || (!isSlow(subscriber) && Date.now() < endsAt);
    const outcome = hasTime ? await deliverEvent(subscriber, delivery, dataOf, pace) : "too_slow";
    counts[outcome] += 1;
    switch (outcome) {
      case "delivered":
      case "dropped":
        message.ack();
        break;
      case "too_slow":
        tooSlow.push(delivery);
        break;
      case "put_back":
        if (isGivenUp(queuedAt(delivery), Date.now())) {
          await keepGivenUp(env, [message], "given up after three days");
        } else putBack(message, secondsLeftAlone(subscriber));
        break;
    }
  });
  await moveToSlow(env, tooSlow);
  log("info", "events_delivered", { host: new URL(subscriber.url).host, ...counts });
}

/** In the slow queue an event delays only other slow ones. */
async function moveToSlow(env: Env, deliveries: readonly Delivery[]): Promise<void> {
  try {
    await queueAll(
      env.SLOW_EVENT_QUEUE,
      deliveries.map((delivery) => ({ ...delivery.queued, queued_at: queuedAt(delivery) })),
    );
    for (const { message } of deliveries) message.ack();
  } catch (error) {
    log("error", "slow_events_not_moved", { events: deliveries.length, ...errorMembers(error) });
    for (const { message } of deliveries) putBack(message, 0);
  }
}

function queuedAt({ message, queued }: Delivery): number {
  return queued.queued_at ?? message.timestamp.getTime();
}

/** No subscriber has this URL any more. */
function forget(group: readonly Delivery[]): void {
  for (const { message } of group) message.ack();
  log("info", "events_of_former_subscriber", { events: group.length });
}

/** Keeps what can't be delivered as dead letters, which the operator can see and replay. */
async function keepGivenUp(env: Env, messages: readonly Message[], reason: string): Promise<void> {
  const letters = messages.map(({ body }) => ({
    source: "events",
    reason,
    payload: JSON.stringify(body) ?? "null",
  }));
  try {
    await keepDeadLetters(createDatabase(env), letters, Date.now());
    for (const message of messages) message.ack();
  } catch (error) {
    log("error", "dead_letters_not_kept", { letters: letters.length, ...errorMembers(error) });
    for (const message of messages) putBack(message, 0);
  }
}

function putBack(message: Message, atLeastSeconds: number): void {
  const delaySeconds = deliveryDelaySeconds(message.attempts, atLeastSeconds, Math.random());
  message.retry({ delaySeconds });
}

/** Loads the data of an event once, although a batch may have it for several subscribers. */
function onceForEach(dataOf: EventData): EventData {
  const loaded = new Map<string, Promise<string | null>>();
  return (event) => {
    const key = JSON.stringify(event);
    const data = loaded.get(key) ?? dataOf(event);
    loaded.set(key, data);
    return data;
  };
}
