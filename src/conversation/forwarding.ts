/** Where a moved conversation is found: whoever asks its old object is led there. */
import type { Address } from "../lib/address.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import type { OthersMessage, ConversationMerge } from "./merge.ts";
import type { MovedRecord } from "./record.ts";
import type { Received, ConversationRpc } from "./rpc.ts";
import type { ConversationStorage } from "./storage.ts";

type ConversationStub = DurableObjectStub<ConversationRpc>;

export class Forwarding {
  readonly #storage: ConversationStorage;
  readonly #merge: ConversationMerge;
  readonly #namespace: DurableObjectNamespace<ConversationRpc>;

  constructor(
    storage: ConversationStorage,
    merge: ConversationMerge,
    namespace: DurableObjectNamespace<ConversationRpc>,
  ) {
    this.#storage = storage;
    this.#merge = merge;
    this.#namespace = namespace;
  }

  /** The object that everything is passed on to; null if it is here. */
  elsewhere(): ConversationStub | null {
    const { record } = this.#storage;
    return record.kind === "moved" ? this.objectOf(record.to) : null;
  }

  /**
   * The same for a conversation that is moving in. A BSUID whose conversation stood under a phone gets
   * it back once the phone is another's: that one comes home.
   */
  ofArriving(from: string, comesHome: boolean): ConversationStub | null {
    const { record } = this.#storage;
    return comesHome && record.kind === "moved" && record.to === from ? null : this.elsewhere();
  }

  /**
   * Where a moved conversation is, once all of it is there: what is asked about it must not come
   * before it. Its address may lead elsewhere, to whoever has the phone since.
   */
  async of({ to, departing }: MovedRecord): Promise<ConversationStub> {
    await this.#merge.handOver();
    return this.objectOf(departing?.into ?? to);
  }

  /** The same for messages to send: new ones to an address go where the address leads. */
  async ofSend(
    record: MovedRecord,
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<ConversationStub> {
    const { outbox } = this.#storage;
    const about = address === null || messages.some(({ id }) => outbox.progress(id) !== null);
    return about ? this.of(record) : this.objectOf(record.to);
  }

  /** Messages that belong to others' objects, which take them. */
  async passOn(others: readonly OthersMessage[]): Promise<Received[]> {
    const received = await Promise.all(
      [...Map.groupBy(others, ({ id }) => id)].map(([id, group]) =>
        this.objectOf(id).receive(
          group.map(({ message }) => message),
          group[0]?.address ?? null,
        ),
      ),
    );
    return received.flat();
  }

  objectOf(id: string): ConversationStub {
    return this.#namespace.get(this.#namespace.idFromString(id));
  }
}
