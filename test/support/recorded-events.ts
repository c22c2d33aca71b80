/** The event queue as the Worker and its objects see it, with a record of what is put into it. */
import { env } from "cloudflare:workers";
import { isQueuedEvent, type SubscriberEvent } from "../../src/subscribers/event.ts";
import { newSecret, withSetting } from "./subscriber.ts";

export type EventRecord = {
  /** What the only subscriber will be told, in the order in which it was queued. */
  events: SubscriberEvent[];
  /** `webhook-id` of each of them. */
  ids: string[];
  /** From now on the queue takes nothing, or everything again. */
  refuse: (refuses: boolean) => void;
};

/** Somebody subscribes to everything, for as long as the work takes; nothing is delivered. */
export async function withRecordedEvents<Result>(
  work: (record: EventRecord) => Promise<Result>,
): Promise<Result> {
  let refuses = false;
  const record: EventRecord = {
    events: [],
    ids: [],
    refuse(now) {
      refuses = now;
    },
  };
  const sendBatch = (batch: Iterable<MessageSendRequest>): Promise<void> => {
    if (refuses) return Promise.reject(new Error("the queue is down"));
    for (const { body } of batch) {
      if (!isQueuedEvent(body)) throw new Error("not an event");
      record.events.push(body.event);
      record.ids.push(body.id);
    }
    return Promise.resolve();
  };
  const { EVENT_QUEUE } = env;
  Object.assign(env, { EVENT_QUEUE: { sendBatch } });
  try {
    const subscribers = [{ url: "https://nobody.test/", secrets: [newSecret()] }];
    return await withSetting(JSON.stringify(subscribers), () => work(record));
  } finally {
    Object.assign(env, { EVENT_QUEUE });
  }
}
