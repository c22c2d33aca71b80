/** Somebody who is told of events: written with the Standard Webhooks library alone. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { expect, vi } from "vitest";
import { expectDocumentedEvent } from "./expect-documented.ts";

const SECRET_BYTES = 32;

/** An event as it came, verified. */
export type ReceivedEvent = {
  id: string;
  type: string;
  timestamp: string;
  conversation_id?: string;
  sequence?: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
  data: any;
};

export type Subscriber = {
  url: string;
  secret: string;
  /** Everything that came and was answered 2xx, repetitions included. */
  received: ReceivedEvent[];
  /** What the next posts are answered with; 204 unless said otherwise. */
  answer: (attempt: number, event: Omit<ReceivedEvent, "id">) => Response | Promise<Response>;
  attempts: number;
};

/** A secret as Standard Webhooks writes it. */
export function newSecret(bytes = SECRET_BYTES): string {
  return `whsec_${crypto.getRandomValues(new Uint8Array(bytes)).toBase64()}`;
}

/** Listens at an address of its own; `fetch` leads there beside wherever it led before. */
export function newSubscriber(): Subscriber {
  const subscriber: Subscriber = {
    url: `https://${crypto.randomUUID()}.test/events`,
    secret: newSecret(),
    received: [],
    answer: () => new Response(null, { status: 204 }),
    attempts: 0,
  };
  const spy = vi.spyOn(globalThis, "fetch");
  const others = spy.getMockImplementation();
  spy.mockImplementation((input, init) => {
    const request = new Request(input, init);
    if (request.url === subscriber.url) return take(subscriber, request);
    if (others === undefined) throw new Error(`nobody is at ${request.url}`);
    return others(input, init);
  });
  return subscriber;
}

/** Subscribes them, beside nobody, for as long as the work takes. */
export async function withSubscribers<Result>(
  subscribers: readonly { url: string; secret: string; types?: readonly string[] }[],
  work: () => Promise<Result>,
): Promise<Result> {
  const list = subscribers.map(({ url, secret, types }) => ({
    url,
    secrets: [secret],
    ...(types === undefined ? {} : { types }),
  }));
  return withSetting(JSON.stringify(list), work);
}

/** With this text in EVENT_SUBSCRIBERS, for as long as the work takes. */
export async function withSetting<Result>(
  EVENT_SUBSCRIBERS: string,
  work: () => Promise<Result>,
): Promise<Result> {
  Object.assign(env, { EVENT_SUBSCRIBERS });
  try {
    return await work();
  } finally {
    Object.assign(env, { EVENT_SUBSCRIBERS: "" });
  }
}

async function take(subscriber: Subscriber, request: Request): Promise<Response> {
  subscriber.attempts += 1;
  const text = await request.text();
  const headers = Object.fromEntries(request.headers);
  const event = verified(subscriber.secret, text, headers);
  expect.soft(() => expectDocumentedEvent(request.headers, event)).not.toThrow();
  const answer = subscriber.answer(subscriber.attempts, event);
  const response = await Promise.race([answer, hungUp(request.signal)]);
  if (response.ok) subscriber.received.push({ ...event, id: headers["webhook-id"] ?? "" });
  return response;
}

/** Rejects once the other side waits no more, as a fetch does. */
function hungUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}

function verified(
  secret: string,
  text: string,
  headers: Record<string, string>,
): Omit<ReceivedEvent, "id"> {
  const event: unknown = new Webhook(secret).verify(text, headers);
  return event as Omit<ReceivedEvent, "id">; // oxlint-disable-line typescript/no-unsafe-type-assertion -- a test names the members it expects
}
