/** The calls to Meta for messages of an outbox, and what becomes of the messages. One at a time. */
import type { Slot } from "../../business-number/object.ts";
import { withinRequest } from "../../lib/log.ts";
import { fallbackAfter } from "../../message/fallback.ts";
import type { OutgoingMessage, SendReport } from "../../message/outgoing-message.ts";
import { withPairRateSpent, withSent } from "../state/activity.ts";
import { type AnsweredContact, withAnswered } from "../state/identity-rules.ts";
import type { ConversationState } from "../state/state.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";
import { graphMessage } from "./graph-message.ts";
import { reportToPace } from "./send-ports.ts";
import { afterCall, type SenderPorts } from "./send-rules.ts";

export type Grant = Extract<Slot, { kind: "granted" }>;

export class Calling {
  readonly #storage: ConversationStorage;
  readonly #ports: SenderPorts;
  /** Fallbacks whose rows are in D1. */
  readonly claimed = new Set<string>();

  constructor(storage: ConversationStorage, ports: SenderPorts) {
    this.#storage = storage;
    this.#ports = ports;
  }

  /** Marks a message as called, and calls Meta for it. */
  async send(
    head: QueuedMessage,
    state: ConversationState,
    grant: Grant,
    now: number,
  ): Promise<void> {
    const storage = this.#storage;
    storage.transaction(() => {
      storage.outbox.call(head.message.id);
      storage.note(withPairRateSpent(state, now));
    });
    await this.callMeta(head, state, grant);
  }

  /** Calls Meta for a message that is marked as called, and stores the outcome. */
  async callMeta(head: QueuedMessage, state: ConversationState, grant: Grant): Promise<void> {
    const { message } = head;
    const storage = this.#storage;
    const answer = await withinRequest(message.request_id, () =>
      this.#ports.callMeta(message.phone_number_id, graphMessage(message, state)),
    );
    const answeredAt = Date.now();
    const after = afterCall(answer, head, answeredAt, Math.random());
    switch (after.kind) {
      case "finish":
        this.finish(message, after.report, answer.ok ? answer.value : null, answeredAt);
        break;
      case "postpone":
        storage.transaction(() => {
          storage.outbox.postpone(message.id, after.dueAt, after.report);
        });
        break;
      case "defer":
        storage.transaction(() => {
          storage.outbox.defer(message.id, after.dueAt, after.report);
        });
        break;
    }
    await reportToPace(() => this.#ports.numberOf(message.phone_number_id), answer, grant);
  }

  /** Ends a message: what became of it, and what follows from that. */
  finish(
    message: OutgoingMessage,
    report: SendReport,
    answered: AnsweredContact | null,
    now: number,
  ): void {
    const storage = this.#storage;
    const fallback = fallbackAfter(message, report, now);
    const end = (): void => {
      storage.outbox.finish(message.id, report);
      if (fallback !== null) storage.outbox.take(fallback, now);
      // One that a restart interrupted before its key was claimed was never sent.
      if (storage.outbox.keys.isClaimed(message.id)) this.noteLeft(message, report, answered, now);
    };
    const isInRow = fallback === null && storage.outbox.isInRow(message.id);
    if (isInRow && storage.fitInRow(0)) storage.inRow(end);
    else storage.transaction(end);
    this.claimed.delete(message.id);
  }

  /** What follows for the conversation from a message that Meta took, or may have taken. */
  noteLeft(
    message: OutgoingMessage,
    report: SendReport,
    answered: AnsweredContact | null,
    now: number,
  ): void {
    const { state } = this.#storage;
    const left = report.state === "accepted" || report.state === "unconfirmed";
    if (!left || state === null) return;
    const known = withAnswered(state, message, answered, report.at);
    this.#storage.save(withSent(known, { at: report.at, message }), now);
  }
}
