/**
 * Sends what waits in an outbox, one at a time and in order: every message to this customer goes
 * through here, whichever door it came by.
 */
import type { JsonObject } from "../json.ts";
import { withinRequest } from "../request-scope.ts";
import { afterCall, type SendAnswer } from "./after-call.ts";
import { withPairRateSpent, withSent, type ConversationState } from "./conversation-state.ts";
import type { ConversationStorage } from "./conversation-storage.ts";
import { graphMessage } from "./graph-message.ts";
import { nextStep, type NextStep } from "./next-step.ts";
import type { QueuedMessage } from "./outbox.ts";
import type { OutgoingMessage, SendError, SendReport } from "./outgoing-message.ts";
import { nextSendAt } from "./pair-rate.ts";
import { windowExpiresAt } from "./session-window.ts";

type RefusalReason = Extract<NextStep, { kind: "refuse" }>["reason"];

export type CallMeta = (phoneNumberId: string, body: JsonObject) => Promise<SendAnswer>;

export class Drain {
  readonly #storage: ConversationStorage;
  readonly #callMeta: CallMeta;
  #running: Promise<void> | null = null;

  constructor(storage: ConversationStorage, callMeta: CallMeta) {
    this.#storage = storage;
    this.#callMeta = callMeta;
  }

  /** Resolves when everything that could leave has left. */
  async run(): Promise<void> {
    // A run under way may have looked into the outbox before this caller's message was there.
    await this.pauseWhile(() => this.#sendAll());
  }

  /** Lets a call under way finish and starts no other until the work is done. */
  async pauseWhile(work: () => Promise<void>): Promise<void> {
    // What went wrong for another caller is that caller's to report.
    while (this.#running !== null) await this.#running.catch(() => undefined);
    this.#running = work();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  /** Calls that were under way when the object stopped may or may not have reached Meta. */
  giveUpInterrupted(now: number): void {
    const { outbox, state } = this.#storage;
    if (state === null) return;
    for (const message of outbox.interrupted()) {
      const error: SendError = {
        code: "interrupted",
        detail:
          "We stopped while Meta was being called: its statuses will tell whether it was sent.",
      };
      this.#finish(message, { state: "unconfirmed", error, at: now }, null, now);
    }
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const now = Date.now();
      const { outbox, state } = this.#storage;
      const head = outbox.head(now);
      if (head === null || state === null) return;
      const step = nextStep(head, state, now);
      switch (step.kind) {
        case "wait":
          if (step.reason === "pair_rate") {
            outbox.postpone(head.message.id, step.until, { state: "queued", error: null });
          }
          this.#refuseImpatient(state, now);
          return;
        case "refuse":
          this.#refuse(head.message, step.reason, state, now);
          break;
        case "call":
          await this.#send(head, state, now);
      }
    }
  }

  /** Whoever can't wait for pace can't wait behind others that do. */
  #refuseImpatient(state: ConversationState, now: number): void {
    if (nextSendAt(state.pair_rate_at) <= now) return;
    for (const message of this.#storage.outbox.impatient(now)) {
      this.#refuse(message, "pair_rate", state, now);
    }
  }

  #refuse(
    message: OutgoingMessage,
    reason: RefusalReason,
    state: ConversationState,
    now: number,
  ): void {
    const error = { ...this.#lastMetaError(message.id), ...refusal(reason, state) };
    this.#finish(message, { state: "failed", error, at: now }, null, now);
  }

  /** Why Meta did not take it when it was last tried, if it was. */
  #lastMetaError(messageId: string): Pick<SendError, "meta"> {
    const report = this.#storage.outbox.progress(messageId)?.report;
    const meta = report?.state === "queued" ? report.error?.meta : undefined;
    return meta === undefined ? {} : { meta };
  }

  async #send(head: QueuedMessage, state: ConversationState, now: number): Promise<void> {
    const { message, attempts } = head;
    const storage = this.#storage;
    storage.transaction(() => {
      storage.outbox.call(message.id);
      storage.save(withPairRateSpent(state, now), now);
    });
    const answer = await withinRequest(message.request_id, () =>
      this.#callMeta(message.phone_number_id, graphMessage(message, state)),
    );
    const answeredAt = Date.now();
    const after = afterCall(answer, attempts, answeredAt, Math.random());
    switch (after.kind) {
      case "finish":
        this.#finish(message, after.report, answer.ok ? answer.value.wa_id : null, answeredAt);
        break;
      case "postpone":
        storage.outbox.postpone(message.id, after.dueAt, after.report);
        break;
      case "defer":
        storage.outbox.defer(message.id, after.dueAt, after.report);
        break;
    }
  }

  #finish(message: OutgoingMessage, report: SendReport, waId: string | null, now: number): void {
    const storage = this.#storage;
    storage.transaction(() => {
      storage.outbox.finish(message.id, report);
      const left = report.state === "accepted" || report.state === "unconfirmed";
      if (left && storage.state !== null) {
        storage.save(withSent(storage.state, { at: report.at, message, wa_id: waId }), now);
      }
    });
  }
}

function refusal(reason: RefusalReason, state: ConversationState): SendError {
  switch (reason) {
    case "expired":
      return {
        code: "expired",
        detail: "Its expires_at passed before it could be sent: send it anew if it still matters.",
      };
    case "window_closed":
      return {
        code: "session_window_closed",
        detail:
          "More than 24 hours have passed since the customer's last message: send a template instead.",
        window_expired_at: windowExpiresAt(state.last_customer_message_at),
      };
    case "pair_rate":
      return {
        code: "pair_rate_limited",
        detail:
          "Meta takes one message per 6 seconds to one customer: send it later, or let it wait.",
      };
  }
}
