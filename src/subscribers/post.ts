/** One attempt to deliver an event: a signed POST, and what the subscriber answered. */
import type { EventSubscriber } from "../config/subscribers.ts";
import { retryAfterSeconds } from "../lib/backoff.ts";
import { utf8 } from "../lib/bytes.ts";
import { abortingAfter } from "../lib/deadline.ts";
import { SECOND_MS } from "../lib/time.ts";

const GONE = 410;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;

export type PostOutcome =
  | { kind: "delivered" }
  /** 410: the subscriber does not want this event. */
  | { kind: "gone" }
  /** The subscriber refused this event; it may accept another. */
  | { kind: "refused"; reason: string }
  /** No answer came in time: the subscriber may have the event. */
  | { kind: "silent" }
  /** The subscriber is unreachable or overloaded: it would accept no event now. */
  | { kind: "unavailable"; reason: string; retryAfterSeconds: number | null };

/**
 * Any 2xx is a receipt. A redirect is a refusal: data for one address must not go to another.
 *
 * @param answerMs how long the subscriber may take
 */
export async function postEvent(
  subscriber: EventSubscriber,
  id: string,
  body: string,
  now: number,
  answerMs: number,
): Promise<PostOutcome> {
  const signed = await signEvent(subscriber.secrets, id, body, now);
  return abortingAfter(answerMs, async (signal) => {
    try {
      const response = await fetch(subscriber.url, {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "Paloma", ...signed },
        body,
        redirect: "manual",
        signal,
      });
      await response.body?.cancel();
      return outcomeOf(response, now);
    } catch {
      if (signal.aborted) return { kind: "silent" };
      // The exception's text may quote the address, which can contain a secret.
      return { kind: "unavailable", reason: "no connection", retryAfterSeconds: null };
    }
  });
}

function outcomeOf({ ok, status, headers }: Response, now: number): PostOutcome {
  if (ok) return { kind: "delivered" };
  if (status === GONE) return { kind: "gone" };
  const reason = `answered ${status}`;
  return status === TOO_MANY_REQUESTS || status === UNAVAILABLE
    ? {
        kind: "unavailable",
        reason,
        retryAfterSeconds: retryAfterSeconds(headers.get("retry-after"), now),
      }
    : { kind: "refused", reason };
}

/** Why the subscriber did not accept an event, in words; null if it did. */
export function refusalOf(outcome: PostOutcome): string | null {
  switch (outcome.kind) {
    case "delivered":
      return null;
    case "gone":
      return "answered 410: it does not want this event";
    case "silent":
      return "no answer in time";
    case "refused":
    case "unavailable":
      return outcome.reason;
  }
}

type SignedHeaders = {
  "webhook-id": string;
  /** Unix seconds of this attempt. */
  "webhook-timestamp": string;
  /** One or more, separated by spaces. */
  "webhook-signature": string;
};

/**
 * Signs with every secret, so that a subscriber can verify with the old or the new one during a
 * rotation: HMAC-SHA256 over id, time and body.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function signEvent(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  id: string,
  body: string,
  now: number,
): Promise<SignedHeaders> {
  const timestamp = String(Math.floor(now / SECOND_MS));
  const signed = utf8(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(secrets.map((secret) => signature(secret, signed)));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

async function signature(secret: Uint8Array<ArrayBuffer>, signed: BufferSource): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return `v1,${digest.toBase64()}`;
}
