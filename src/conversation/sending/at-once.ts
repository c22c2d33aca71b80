/**
 * The short way of a message that nothing holds up: stored in the object's row as under way, it leaves as
 * soon as its slot and its idempotency key are there. A message that must wait goes the outbox's way.
 */
import type { Address } from "../../lib/address.ts";
import { errorMembers, log } from "../../lib/log.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";
import type { KeyAnswer } from "../rpc.ts";
import { withPairRateSpent } from "../state/activity.ts";
import { BRINGING_GRACE_MS } from "../storage/alarm.ts";
import type { SendKey } from "../storage/recent-sends.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import { hasExpiredFile, nextStep, type SenderPorts } from "./send-rules.ts";
import type { OutboxSender } from "./sender.ts";

/** The row must not grow with its messages: a larger one takes the way of those that wait. */
const LARGEST_CHARACTERS = 50_000;

export class SendingAtOnce {
  readonly #storage: ConversationStorage;
  readonly #sender: OutboxSender;
  readonly #ports: SenderPorts;
  readonly #ownId: string;

  constructor(
    storage: ConversationStorage,
    sender: OutboxSender,
    { ports, ownId }: { ports: SenderPorts; ownId: string },
  ) {
    this.#storage = storage;
    this.#sender = sender;
    this.#ports = ports;
    this.#ownId = ownId;
  }

  /** Whether nothing holds the message up, by all that the object knows. */
  mayLeave(message: OutgoingMessage, address: Address | null): boolean {
    const now = Date.now();
    const state =
      this.#storage.state ??
      (address === null ? null : this.#storage.begin(message.phone_number_id, address, now));
    return (
      state !== null &&
      !this.#sender.isRunning &&
      !this.#sender.isStopped &&
      message.ready_at <= now &&
      message.content.length <= LARGEST_CHARACTERS &&
      !hasExpiredFile(message, now) &&
      nextStep({ message, due_at: now, slot_at: null, attempts: 0 }, state, now).kind === "call" &&
      !this.#storage.outbox.isBusy(now)
    );
  }

  /**
   * Takes the message and sends it, unless its key is another message's: then nothing was taken. Resolves
   * once everything that could leave has left.
   */
  async send(
    message: OutgoingMessage,
    address: Address | null,
    key: SendKey | null,
  ): Promise<KeyAnswer> {
    let answer: KeyAnswer = { kind: "ours" };
    try {
      await this.#sender.pauseWhile(async () => {
        const { undo, paceBefore } = this.#take(message, address, key);
        const slot = this.#sender.askAhead(message);
        if (key !== null) answer = await this.claim(message, key);
        if (answer.kind === "ours") {
          this.#storage.outbox.keys.claimed(message.id);
          await this.#sender.sendTaken(message, slot(), paceBefore);
        } else undo();
      });
    } catch (error) {
      // If the call had begun, its outcome is unconfirmed by now; else the alarm sends the message.
      log("error", "send_postponed", { message_id: message.id, ...errorMembers(error) });
      this.#storage.transaction(() => {
        const { outbox } = this.#storage;
        if (outbox.isWaiting(message.id)) outbox.letWait(message.id);
      });
    }
    return answer;
  }

  /** The key's message, if it is one of the last that this object sent. */
  known(key: SendKey): KeyAnswer | null {
    const holder = this.#storage.outbox.keys.holderOf(key);
    return holder === null
      ? null
      : { kind: "earlier", holder: { ...holder, conversation_id: this.#ownId } };
  }

  /** Asks D1 whose the key is. */
  async claim({ id }: OutgoingMessage, key: SendKey): Promise<KeyAnswer> {
    try {
      const claim = { ...key, message_id: id, conversation_id: this.#ownId };
      return await this.#ports.claimKey(claim);
    } catch (error) {
      log("error", "key_not_claimed", { message_id: id, ...errorMembers(error) });
      return { kind: "unknown", reason: error instanceof Error ? error.message : "" };
    }
  }

  /**
   * Finds out which of the messages that a restart interrupted may have been sent: Meta is called only once
   * the key is the message's. The others are forgotten. Throws what D1 throws.
   */
  async settleInterrupted(): Promise<void> {
    const { outbox } = this.#storage;
    for (const { message_id, key } of outbox.keys.unclaimed()) {
      const holder = key === null ? null : await this.#ports.findKey(key);
      // Another caller may have found out in between, and taken the message again.
      const send = outbox.keys.unclaimed().find((each) => each.message_id === message_id);
      if (send === undefined) continue;
      this.#storage.transaction(() => {
        if (holder?.message_id === message_id) this.#sender.noteClaimed(send, Date.now());
        else {
          outbox.drop(message_id);
          this.#storage.endUnspoken();
        }
      });
    }
  }

  /** From here on the message is safe: `undo` leaves everything as it was before. */
  #take(message: OutgoingMessage, address: Address | null, key: SendKey | null) {
    const storage = this.#storage;
    const before = storage.record;
    const now = Date.now();
    const take = (): number => {
      const state =
        storage.state ??
        (address === null
          ? null
          : storage.save(storage.begin(message.phone_number_id, address, now), now));
      storage.outbox.takeAtOnce(message, key, now);
      if (state !== null) storage.note(withPairRateSpent(state, now));
      this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
      return state?.pair_rate_at ?? 0;
    };
    // The alarm is set in the same turn as the one statement, so both are committed or neither.
    const paceBefore = storage.fitInRow(0) ? storage.inRow(take) : storage.transaction(take);
    const after = storage.record;
    const undo = (): void => {
      storage.transaction(() => {
        storage.outbox.drop(message.id);
        storage.takeBack(before, after, paceBefore);
      });
    };
    return { undo, paceBefore };
  }
}
