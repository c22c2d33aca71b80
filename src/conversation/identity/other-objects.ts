/** How the object of one conversation reaches those of others. */
import { type Address, conversationName } from "../../lib/address.ts";
import type { ConversationRpc } from "../rpc.ts";
import type { ConversationStorage } from "../storage/storage.ts";

export type ConversationStub = DurableObjectStub<ConversationRpc>;

export class OtherObjects {
  readonly #namespace: DurableObjectNamespace<ConversationRpc>;
  readonly #storage: ConversationStorage;
  readonly ownId: string;

  constructor(
    namespace: DurableObjectNamespace<ConversationRpc>,
    storage: ConversationStorage,
    ownId: string,
  ) {
    this.#namespace = namespace;
    this.#storage = storage;
    this.ownId = ownId;
  }

  withId(id: string): ConversationStub {
    return this.#namespace.get(this.#namespace.idFromString(id));
  }

  /** The id of the object that an address on the conversation's business number has. */
  idOf(address: Address): string {
    const name = conversationName(this.#storage.state?.phone_number_id ?? "", address);
    return this.#namespace.idFromName(name).toString();
  }
}
