/** Forwards calls from the object of a moved conversation to the object that has it now. */
import type { Address } from "../../lib/address.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";
import type { Received } from "../rpc.ts";
import type { MovedRecord } from "../storage/record.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { LentWriter } from "../sync/writer.ts";
import type { ConversationMerge } from "./merge.ts";
import type { ConversationStub, OtherObjects } from "./other-objects.ts";
import type { OthersMessage } from "./sorting.ts";

export class Forwarding {
  readonly #storage: ConversationStorage;
  readonly #merge: ConversationMerge;
  readonly #objects: OtherObjects;

  constructor(storage: ConversationStorage, merge: ConversationMerge, objects: OtherObjects) {
    this.#storage = storage;
    this.#merge = merge;
    this.#objects = objects;
  }

  /** The object that this one redirects to; null if the conversation is here. */
  target(): ConversationStub | null {
    const { record } = this.#storage;
    return record.kind === "moved" ? this.#objects.withId(record.to) : null;
  }

  /**
   * The same for a conversation that moves in. If a phone is given to another person, the conversation
   * comes back from the phone's object (`from`) to the BSUID's object: then this object takes it.
   */
  targetOfArriving(from: string, comesBack: boolean): ConversationStub | null {
    const { record } = this.#storage;
    return comesBack && record.kind === "moved" && record.to === from ? null : this.target();
  }

  /**
   * The object of a moved conversation, after all of it was handed over: a call must not arrive before the
   * conversation. The address itself may redirect to another object, that of the phone's new owner. Null if
   * the conversation is here.
   */
  targetOfConversation(): Promise<ConversationStub> | null {
    const { record } = this.#storage;
    return record.kind === "moved" ? this.#afterHandover(record) : null;
  }

  /** The same for messages to send: new ones to an address follow the address. */
  targetOfSend(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): ConversationStub | Promise<ConversationStub> | null {
    const { record, outbox } = this.#storage;
    if (record.kind !== "moved") return null;
    const isKnown = address === null || outbox.unknown(messages).length < messages.length;
    return isKnown ? this.#afterHandover(record) : this.#objects.withId(record.to);
  }

  async #afterHandover({ to, departing }: MovedRecord): Promise<ConversationStub> {
    await this.#merge.handOver();
    return this.#objects.withId(departing?.into ?? to);
  }

  /** Passes messages on to the objects of the persons who wrote them. */
  async passOn(others: readonly OthersMessage[], writer: LentWriter | null): Promise<Received[]> {
    const received = await Promise.all(
      [...Map.groupBy(others, ({ id }) => id)].map(([id, group]) =>
        this.#objects.withId(id).receive(
          group.map(({ message }) => message),
          group[0]?.address ?? null,
          writer,
        ),
      ),
    );
    return received.flat();
  }
}
