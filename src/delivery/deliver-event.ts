/** One event to one subscriber, and what is learnt of the subscriber by it. */
import type { EventSubscriber } from "../events/event-subscribers.ts";
import { errorMembers, log } from "../observability/log.ts";
import { LONGEST_DELAY_SECONDS } from "./delivery-delay.ts";
import { eventPayload } from "./event-payload.ts";
import { Marks } from "./marks.ts";
import { PROMPT_ANSWER_MS, type Pace } from "./pace.ts";
import { postEvent, type PostOutcome } from "./post-event.ts";
import type { QueuedEvent, SubscriberEvent } from "./subscriber-event.ts";

/** The `data` of an event as JSON text, as the API shows it now; null if it is no longer there. */
export type EventData = (event: SubscriberEvent) => Promise<string | null>;

export type Delivery = { message: Message; queued: QueuedEvent };

/** `too_slow`: not here, but where there is time for it. */
export type DeliveryOutcome = "delivered" | "put_back" | "dropped" | "too_slow";

const MILLISECONDS_PER_SECOND = 1000;

/** How long nobody tries a subscriber that was not there: one that restarts is back within seconds. */
const AWAY_MS = 5000;

/** The same for one that did not answer in time: a try costs other slow ones that time. */
const SILENT_MS = 60_000;

/** How long a slow subscriber counts as slow: each look whether it still is may tell it twice. */
const SLOW_MS = 5 * 60_000;

const away = new Marks();
const slow = new Marks();

/** Whether its events are better off in the slow queue at once. */
export function isSlow({ url }: EventSubscriber): boolean {
  return slow.left(url, Date.now()) > 0;
}

/** Seconds for which the subscriber is left alone. */
export function secondsLeftAlone({ url }: EventSubscriber): number {
  return away.left(url, Date.now()) / MILLISECONDS_PER_SECOND;
}

export async function deliverEvent(
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
    // Erased meanwhile: there is nothing left to tell.
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
    const askedMs = Math.min(asked ?? 0, LONGEST_DELAY_SECONDS) * MILLISECONDS_PER_SECOND;
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
