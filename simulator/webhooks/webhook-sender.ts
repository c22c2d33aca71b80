import type { BusinessAccount } from "../account/business-account.ts";
import type { PendingWork } from "../pending-work.ts";
import type { SeededRandom } from "../seeded-random.ts";
import type { Settings } from "../settings.ts";
import type { RuleBook } from "../trouble/rule-book.ts";
import { signature } from "./signature.ts";
import type { Batching, WebhookUpdate } from "./webhook-body.ts";
import { escapedLikeMeta, webhookBodies } from "./webhook-body.ts";

/** One try at handing one body to the business's server. */
interface WebhookAttempt {
  /** Counts the bodies; a redelivery keeps its number. */
  readonly delivery: number;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly body: string;
  /** HTTP status of the answer, null when the connection was lost. */
  readonly status: number | null;
}

interface ReleaseOptions {
  readonly order?: "kept" | "reversed" | "shuffled" | undefined;
  readonly batching?: Batching | undefined;
  /** How often each body is delivered. */
  readonly copies?: number | undefined;
}

export interface SendOptions {
  readonly delayMs?: number | undefined;
  readonly copies?: number | undefined;
}

export interface WebhookSender {
  readonly attempts: readonly WebhookAttempt[];
  /** Bodies that were never answered with 200. */
  readonly givenUp: readonly string[];
  send(update: WebhookUpdate, options?: SendOptions): void;
  /** Delivers at once and resolves with the answer's status. */
  sendNow(update: WebhookUpdate): Promise<void>;
  /** Keeps what follows back until `release`. */
  hold(): void;
  release(options?: ReleaseOptions): void;
}

const ACCEPTED_STATUS = 200;
const PAUSE_GROWTH = 2;

export function webhookSender(
  settings: Settings,
  work: PendingWork,
  random: SeededRandom,
  rules: RuleBook,
  account: BusinessAccount,
): WebhookSender {
  const attempts: WebhookAttempt[] = [];
  const givenUp: string[] = [];
  let held: WebhookUpdate[] | null = null;
  let deliveries = 0;

  async function post(body: string): Promise<number | null> {
    const bytes = new Uint8Array(new TextEncoder().encode(body));
    const request = new Request(settings.webhookUrl, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": await signature(bytes, settings.appSecret),
      },
      body: bytes,
    });
    try {
      const response = await settings.deliver(request);
      // An unread body would keep its connection open.
      await response.body?.cancel();
      return response.status;
    } catch {
      return null;
    }
  }

  async function deliver(body: string, delivery: number, attempt: number): Promise<void> {
    const at = settings.now();
    const status = await post(body);
    attempts.push({ delivery, attempt, at, body, status });
    if (status === ACCEPTED_STATUS) return;
    if (attempt >= settings.maximumDeliveryAttempts) {
      givenUp.push(body);
      return;
    }
    const pauseMs = settings.redeliveryPauseMs * PAUSE_GROWTH ** (attempt - 1);
    work.schedule(pauseMs, () => deliver(body, delivery, attempt + 1));
  }

  function bodiesOf(updates: readonly WebhookUpdate[], batching: Batching): readonly string[] {
    return webhookBodies(updates, batching).map((body) => {
      const json = JSON.stringify(body);
      return settings.rawUtf8 ? json : escapedLikeMeta(json);
    });
  }

  function schedule(body: string, delayMs: number, copies: number): void {
    deliveries += 1;
    const delivery = deliveries;
    for (let copy = 0; copy < copies; copy += 1) {
      work.schedule(delayMs, () => deliver(body, delivery, 1));
    }
  }

  function send(update: WebhookUpdate, options: SendOptions = {}): void {
    if (!account.hearsOf(update.field)) return;
    if (held !== null) {
      held.push(update);
      return;
    }
    const trouble = rules.forWebhook(update.field);
    const copies = Math.max(options.copies ?? 1, trouble.copies);
    for (const body of bodiesOf([update], "separate")) {
      schedule(body, (options.delayMs ?? 0) + trouble.delayMs, copies);
    }
  }

  return {
    attempts,
    givenUp,
    send,
    async sendNow(update) {
      if (!account.hearsOf(update.field)) return;
      for (const body of bodiesOf([update], "separate")) {
        deliveries += 1;
        await deliver(body, deliveries, 1);
      }
    },
    hold() {
      held ??= [];
    },
    release({ order = "kept", batching = "separate", copies = 1 } = {}) {
      const updates = held ?? [];
      held = null;
      const ordered = {
        kept: () => updates,
        reversed: () => updates.toReversed(),
        shuffled: () => random.shuffled(updates),
      }[order]();
      for (const body of bodiesOf(ordered, batching)) schedule(body, 0, copies);
    },
  };
}
