/** One try to deliver an event. */
import type { EventSubscriber } from "../config/subscribers.ts";
import { retryAfterSeconds } from "../lib/backoff.ts";
import { SECOND_MS } from "../lib/time.ts";

/**
 * The signature of a delivery: HMAC-SHA256 over id, time and body, by every secret, so that a
 * subscriber may verify with the old one or the new one while it is rotated.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

type SignedHeaders = {
  "webhook-id": string;
  /** Unix seconds of this attempt. */
  "webhook-timestamp": string;
  /** One or more, with spaces between. */
  "webhook-signature": string;
};

export async function signEvent(
  secrets: readonly Uint8Array<ArrayBuffer>[],
  id: string,
  body: string,
  now: number,
): Promise<SignedHeaders> {
  const timestamp = String(Math.floor(now / SECOND_MS));
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
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

const GONE = 410;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;

export type PostOutcome =
  | { kind: "delivered" }
  /** 410: the subscriber does not want it. */
  | { kind: "gone" }
  /** This event was not taken; another may be. */
  | { kind: "refused"; reason: string }
  /** No answer came in time: the subscriber may have taken it. */
  | { kind: "silent" }
  /** Nobody is there, or nobody has time: none would be taken now. */
  | { kind: "unavailable"; reason: string; retryAfterSeconds: number | null };

/**
 * Any 2xx is a receipt. A redirect is none: what is meant for one address goes to no other.
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
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), answerMs);
  try {
    const response = await fetch(subscriber.url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "Paloma", ...signed },
      body,
      redirect: "manual",
      signal: deadline.signal,
    });
    await response.body?.cancel();
    return outcomeOf(response, now);
  } catch {
    if (deadline.signal.aborted) return { kind: "silent" };
    // The exception's text is not ours: it may quote the address.
    return { kind: "unavailable", reason: "no connection", retryAfterSeconds: null };
  } finally {
    clearTimeout(timer);
  }
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

/** Why an event was not taken, in words; null where it was. */
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
