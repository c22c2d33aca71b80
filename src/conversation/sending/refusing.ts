/** Messages of an outbox that Paloma itself does not send, or not in time, and why. */
import type { OutgoingMessage, SendError } from "../../message/outgoing-message.ts";
import type { ConversationState } from "../state/state.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";
import { paceReason, refusal, type RefusalReason } from "./reasons.ts";

export class Refusing {
  readonly #storage: ConversationStorage;
  readonly #fail: (message: OutgoingMessage, error: SendError, now: number) => void;

  /** @param fail ends a message with this error */
  constructor(
    storage: ConversationStorage,
    fail: (message: OutgoingMessage, error: SendError, now: number) => void,
  ) {
    this.#storage = storage;
    this.#fail = fail;
  }

  /** Refuses messages whose `expires_at` passed. */
  expired(now: number): void {
    const { outbox, state } = this.#storage;
    if (state === null) return;
    this.#refuseAll(() => outbox.waiting.expired(now), "expired", state, null, now);
  }

  /** Refuses messages whose callers do not want to wait behind others that wait for pace. */
  unwillingToWait(
    { message }: QueuedMessage,
    state: ConversationState,
    until: number,
    now: number,
  ): void {
    const { outbox } = this.#storage;
    const reason = paceReason(outbox.progress(message.id)?.report, state, now);
    if (reason === null) return;
    this.#refuseAll(() => outbox.waiting.unwillingToWait(now), reason, state, until, now);
  }

  refuse(
    message: OutgoingMessage,
    reason: RefusalReason,
    state: ConversationState,
    retryAt: number | null,
    now: number,
  ): void {
    const error = {
      ...this.#lastMetaError(message.id),
      ...refusal(reason, message, state, retryAt),
    };
    this.#fail(message, error, now);
  }

  /** @param more a batch of those that are left */
  #refuseAll(
    more: () => OutgoingMessage[],
    ...why: [RefusalReason, ConversationState, retryAt: number | null, now: number]
  ): void {
    for (let some = more(); some.length > 0; some = more()) {
      for (const message of some) this.refuse(message, ...why);
    }
  }

  /** Meta's error at the last try, if any. */
  #lastMetaError(messageId: string): Pick<SendError, "meta"> {
    const report = this.#storage.outbox.progress(messageId)?.report;
    const meta = report?.state === "queued" ? report.error?.meta : undefined;
    return meta === undefined ? {} : { meta };
  }
}
