/** One signed event that tells of nothing: whether a subscriber is there and takes it. */
import { type EventSubscriber, TEST_EVENT_TYPE } from "../config/subscribers.ts";
import { eventId } from "../lib/ids.ts";
import { postEvent, type PostOutcome } from "./post.ts";

/** Whoever asks waits for it: less patient than a delivery, and longer than any receipt should take. */
const TEST_TIMEOUT_MS = 5000;

/** What a subscriber made of it, and how long that took. */
type SubscriberTest = { outcome: PostOutcome; duration_ms: number };

/** It is sent whatever types the subscriber wants, tried once, and never repeated. */
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
