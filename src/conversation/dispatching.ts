/** How an object takes messages to send: at once or into the outbox, and what it answers. */
import type { Address } from "../lib/address.ts";
import { isSameMessage } from "../lib/ids.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import type { Erasing } from "./identity/erasing.ts";
import type { Forwarding } from "./identity/forwarding.ts";
import type { IdentityUpdates } from "./identity/identity-updates.ts";
import type { Dispatch, Dispatched, KeyAnswer, Queued } from "./rpc.ts";
import type { SendingAtOnce } from "./sending/at-once.ts";
import type { OutboxSender } from "./sending/sender.ts";
import { messageRowOf } from "./state/projection.ts";
import { madeSinceErased } from "./state/tombstone.ts";
import type { Commits } from "./storage/commit.ts";
import type { ConversationStorage } from "./storage/storage.ts";
import type { Projector } from "./sync/projector.ts";
import type { LentWriter } from "./sync/writer.ts";

/** What of the object its sends need. */
type Parts = {
  atOnce: SendingAtOnce;
  commits: Commits;
  erasing: Erasing;
  forwarding: Forwarding;
  identityUpdates: IdentityUpdates;
  projector: Projector;
  sender: OutboxSender;
};

const OURS: KeyAnswer = { kind: "ours" };

const NOT_TAKEN: Dispatched = { kind: "not_taken" };

export class Dispatching {
  readonly #storage: ConversationStorage;
  readonly #parts: Parts;

  constructor(storage: ConversationStorage, parts: Parts) {
    this.#storage = storage;
    this.#parts = parts;
  }

  async dispatch(given: Dispatch): Promise<Dispatched> {
    const { message, address } = given;
    // First: the conversation may move while D1 is asked.
    await this.#settleInterrupted(message.id);
    const target = this.#parts.forwarding.targetOfSend([message], address);
    if (target !== null) return (await target).dispatch(given);
    const { record, outbox } = this.#storage;
    // An object to which nothing happened has no tables to look into.
    const isKnown = record.kind !== "empty" && outbox.placeOf(message.id) !== null;
    if (isKnown) return this.outcomeOf(message.id);
    if (this.#storage.state === null && address === null) return NOT_TAKEN;
    const answer = await this.#take(given);
    if (answer.kind !== "ours") return { kind: "not_ours", answer };
    if (this.#storage.record.kind === "empty") return NOT_TAKEN;
    return outbox.placeOf(message.id) === null && this.#isMoved()
      ? this.dispatch(given)
      : this.#outcome(message.id);
  }

  async outcomeOf(messageId: string): Promise<Dispatched> {
    const target = this.#parts.forwarding.targetOfConversation();
    if (target !== null) return (await target).outcomeOf(messageId);
    const { record, outbox } = this.#storage;
    if (record.kind === "empty") return NOT_TAKEN;
    const id = outbox.placeOf(messageId);
    const isUnderWay = id !== null && (outbox.isOpen(id) || outbox.isCalling(id));
    if (isUnderWay) await this.#parts.sender.tryToRun();
    return this.#outcome(messageId);
  }

  async queueMessages(
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer: LentWriter | null,
  ): Promise<Queued> {
    const target = this.#parts.forwarding.targetOfSend(messages, address);
    if (target !== null) return (await target).queueMessages(messages, address, writer);
    this.#queue(messages, address);
    if (this.#storage.record.kind === "empty") return { refused: messages.map(({ id }) => id) };
    const refused = this.#storage.outbox.unknown(messages).map(({ id }) => id);
    if (refused.length < messages.length) {
      const heedSlot = (slotAt: number) => this.#parts.sender.heedBooked(slotAt);
      await this.#parts.projector.bring({ writer, heedSlot });
    }
    this.#wakeForNext();
    return { refused };
  }

  /** Sends a new message at once or queues it, if its idempotency key is free. */
  async #take({ message, address, key }: Dispatch): Promise<KeyAnswer> {
    const { atOnce, sender } = this.#parts;
    const { state, places, tombstone } = this.#storage;
    if (sender.isStopped || madeSinceErased(tombstone, [message]).length === 0) return OURS;
    const known = key === null ? null : atOnce.known(key);
    if (known !== null) return known;
    const placed = state === null ? message : places.placeOurs(state, message);
    if (atOnce.mayLeave(placed, address)) return atOnce.send(placed, address, key);
    const answer = key === null ? OURS : await atOnce.claim(placed, key);
    // The conversation may have moved while D1 was asked.
    if (answer.kind === "ours" && !this.#isMoved()) {
      this.#queue([placed], address);
      await sender.tryToRun();
    }
    return answer;
  }

  /** While a person is being erased the object takes no message. */
  #queue(messages: readonly OutgoingMessage[], address: Address | null): void {
    if (!this.#parts.sender.isStopped) this.#parts.commits.queue(messages, address);
  }

  /** Brings what became of a message, and returns it with the rows that D1 has then. */
  async #outcome(messageId: string): Promise<Dispatched> {
    const { erasing, identityUpdates, projector } = this.#parts;
    const { outbox } = this.#storage;
    const id = outbox.placeOf(messageId);
    if (id === null) return NOT_TAKEN;
    await this.#settleInterrupted(id);
    await erasing.untilTakenBack(id);
    await identityUpdates.makeLinks();
    // It may have moved during the call to Meta.
    if (this.#isMoved()) return this.outcomeOf(id);
    this.#wakeForNext();
    const known = [outbox.progress(id), outbox.fallbackProgress(id)];
    const request_id = known[0]?.message?.request_id;
    const sent = projector.sent(id, await projector.bring({ request_id }));
    if (sent === null) return NOT_TAKEN;
    const [row = null, fallback = null] = known.map((send) => {
      if (send === null) return null;
      return projector.shownOnce(send.message_id) ?? messageRowOf(sent.conversation, send);
    });
    return { kind: "sent", sent, shown: { row, fallback } };
  }

  /** Where D1 does not answer, the alarm does it; throws if it is unknown whether this message was sent. */
  async #settleInterrupted(messageId: string): Promise<void> {
    const { outbox } = this.#storage;
    try {
      await this.#parts.atOnce.settleInterrupted();
    } catch (error) {
      const isOther = !outbox.keys
        .unclaimed()
        .some(({ message_id }) => isSameMessage(message_id, messageId));
      if (!isOther) throw error;
      log("error", "interrupted_left_to_alarm", errorMembers(error));
    }
  }

  #isMoved(): boolean {
    return this.#storage.record.kind === "moved";
  }

  #wakeForNext(): void {
    const due = this.#storage.outbox.waiting.dueAt();
    if (due !== null) this.#storage.clock.atLatest(Math.max(due, this.#parts.sender.bookedAt));
  }
}
