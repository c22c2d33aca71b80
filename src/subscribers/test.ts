/** Sends one signed event without content, to see whether a subscriber is there and accepts it. */
import { type EventSubscriber, TEST_EVENT_TYPE } from "../config/subscribers.ts";
import { eventId } from "../lib/ids.ts";
import { SECOND_MS } from "../lib/time.ts";
import { postEvent, type PostOutcome } from "./post.ts";

/** Shorter than a delivery's limit, because the operator waits; longer than any receipt should take. */
const TEST_TIMEOUT_MS = 5 * SECOND_MS;

/** The subscriber's answer, and how long it took. */
type SubscriberTest = { outcome: PostOutcome; duration_ms: number };

/** Sends the test event once, whatever types the subscriber wants, and never repeats it. */
export async function testSubscriber(
  subscriber: EventSubscriber,
  now: number,
): Promise<SubscriberTest> {
  const timestamp = new Date(now).toISOString();
  const id = await eventId([TEST_EVENT_TYPE, subscriber.url, crypto.randomUUID()]);
  const body = JSON.stringify({ type: TEST_EVENT_TYPE, timestamp, data: {} });
  const outcome = await postEvent(subscriber, id, body, now, TEST_TIMEOUT_MS);
  return { outcome, duration_ms: Date.now() - now };
}
