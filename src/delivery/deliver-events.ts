/**
 * The consumer of the event queues. Subscribers are served side by side, each with a few deliveries
 * at a time; one that is away is left alone for a while, and one that is slow has a queue of its own.
 */
import { readEventSubscribers } from "../config.ts";
import type { EventSubscriber } from "../events/event-subscribers.ts";
import { errorMembers, log } from "../observability/log.ts";
import { queueAll } from "../queues/queue-batches.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import {
  deliverEvent,
  isSlow,
  secondsLeftAlone,
  type Delivery,
  type EventData,
} from "./deliver-event.ts";
import { deliveryDelaySeconds, isGivenUp } from "./delivery-delay.ts";
import type { Pace } from "./pace.ts";
import { sideBySide } from "./side-by-side.ts";
import { isQueuedEvent } from "./subscriber-event.ts";

/** Workers wait for the answers of 6 requests at a time; a seventh would wait for them unseen. */
const CONNECTIONS = 6;

export async function deliverEvents(
  batch: MessageBatch,
  env: Env,
  dataOf: EventData,
  pace: Pace,
): Promise<void> {
  const result = readEventSubscribers({ ...env });
  if (!result.ok) {
    // A deploy that mends it finds them here.
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

/** It may take its time there, and holds up none but other slow ones. */
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

/** Nobody is subscribed under this address any more. */
function forget(group: readonly Delivery[]): void {
  for (const { message } of group) message.ack();
  log("info", "events_of_former_subscriber", { events: group.length });
}

/** What can't be delivered stands where an operator sees it and can replay it. */
async function keepGivenUp(env: Env, messages: readonly Message[], reason: string): Promise<void> {
  const letters = messages.map(({ body }) => ({
    source: "events",
    reason,
    payload: JSON.stringify(body) ?? "null",
  }));
  try {
    await keepDeadLetters(createDatabase(env.DB), letters, Date.now());
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

/** Several subscribers of a batch are told the same: it is loaded once. */
function onceForEach(dataOf: EventData): EventData {
  const loaded = new Map<string, Promise<string | null>>();
  return (event) => {
    const key = JSON.stringify(event);
    const data = loaded.get(key) ?? dataOf(event);
    loaded.set(key, data);
    return data;
  };
}
