/**
 * The consumer of the event queue. Subscribers are served side by side and each of them in order;
 * one that can't be reached is left alone for a while, so that its messages hold nobody up.
 */
import { readEventSubscribers } from "../config.ts";
import type { EventSubscriber } from "../events/event-subscribers.ts";
import { errorMembers, log } from "../observability/log.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { deliveryDelaySeconds, isGivenUp, LONGEST_DELAY_SECONDS } from "./delivery-delay.ts";
import { eventPayload } from "./event-payload.ts";
import { Pauses } from "./pauses.ts";
import { postEvent, type PostOutcome } from "./post-event.ts";
import { isQueuedEvent, type QueuedEvent, type SubscriberEvent } from "./subscriber-event.ts";

/** The `data` of an event as JSON text, as the API shows it now; null if it is no longer there. */
export type EventData = (event: SubscriberEvent) => Promise<string | null>;

/** How long nobody tries a subscriber that was not there. */
const PAUSE_MS = 5000;

const MILLISECONDS_PER_SECOND = 1000;

const pauses = new Pauses();

type Delivery = { message: Message; queued: QueuedEvent };

export async function deliverEvents(
  batch: MessageBatch,
  env: Env,
  dataOf: EventData,
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
  const loadOnce = onceForEach(dataOf);
  await Promise.all([
    keepGivenUp(env, unreadable, "not an event this version can read"),
    ...[...bySubscriber].map(([url, group]) => {
      const subscriber = result.subscribers.find((each) => each.url === url);
      return subscriber === undefined ? forget(group) : serve(env, subscriber, group, loadOnce);
    }),
  ]);
}

async function serve(
  env: Env,
  subscriber: EventSubscriber,
  group: readonly Delivery[],
  dataOf: EventData,
): Promise<void> {
  const counts = { delivered: 0, put_back: 0, dropped: 0 };
  for (const { message, queued } of group) {
    const outcome = await deliver(subscriber, message, queued, dataOf);
    if (outcome !== "put_back") {
      message.ack();
    } else if (isGivenUp(message.timestamp.getTime(), Date.now())) {
      await keepGivenUp(env, [message], "given up after three days");
    } else {
      putBack(message, pauses.left(subscriber.url, Date.now()) / MILLISECONDS_PER_SECOND);
    }
    counts[outcome] += 1;
  }
  log("info", "events_delivered", { host: new URL(subscriber.url).host, ...counts });
}

async function deliver(
  subscriber: EventSubscriber,
  { attempts }: Message,
  { id, event }: QueuedEvent,
  dataOf: EventData,
): Promise<"delivered" | "put_back" | "dropped"> {
  const { url } = subscriber;
  if (pauses.left(url, Date.now()) > 0) return "put_back";
  const about = { host: new URL(url).host, webhook_id: id, type: event.type, attempts };
  let outcome: PostOutcome;
  try {
    const data = await dataOf(event);
    // Erased meanwhile: there is nothing left to tell.
    if (data === null) return "dropped";
    outcome = await postEvent(subscriber, id, eventPayload(event, data), Date.now());
  } catch (error) {
    log("error", "event_not_loaded", { ...about, ...errorMembers(error) });
    return "put_back";
  }
  switch (outcome.kind) {
    case "delivered":
      pauses.end(url);
      return "delivered";
    case "gone":
      log("info", "event_not_wanted", about);
      return "dropped";
    case "refused":
      log("error", "event_refused", { ...about, reason: outcome.reason });
      return "put_back";
    case "unavailable": {
      log("error", "subscriber_unavailable", { ...about, reason: outcome.reason });
      const asked = Math.min(outcome.retryAfterSeconds ?? 0, LONGEST_DELAY_SECONDS);
      pauses.begin(url, Date.now() + Math.max(asked * MILLISECONDS_PER_SECOND, PAUSE_MS));
      return "put_back";
    }
  }
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
