/** Sorts what arrives by person: a phone may have been given to another person since. */
import { type Address, identityOf, type PersonAddress } from "../../lib/address.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { reportedByMessage, type ReportedIdentity } from "../../message/reported-identity.ts";
import { givenAway } from "../state/addresses.ts";
import { identityOwner, sharedPhones } from "../state/identity-rules.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { Links } from "./links.ts";
import type { OtherObjects } from "./other-objects.ts";

/** An identity report about another person, for that person's object. */
export type OthersIdentity = {
  id: string;
  address: PersonAddress;
  reported: ReportedIdentity;
  /** The report is from before the phone changed its owner: it changes nothing. */
  late: boolean;
};

/** A message for another object, which begins a conversation under `address` if it has none. */
export type OthersMessage = { message: InboundMessage; id: string; address: Address | null };

export type Sorted = {
  ours: readonly InboundMessage[];
  others: readonly OthersMessage[];
  /** Reports for the current owners of phones. */
  reported: readonly OthersIdentity[];
};

export class SortingByPerson {
  readonly #storage: ConversationStorage;
  readonly #objects: OtherObjects;
  readonly #links: Links;

  constructor(storage: ConversationStorage, objects: OtherObjects, links: Links) {
    this.#storage = storage;
    this.#objects = objects;
    this.#links = links;
  }

  /** Sorts messages into this person's and those for other persons' objects. */
  sortOut(messages: readonly InboundMessage[]): Sorted {
    const ours: InboundMessage[] = [];
    const others: OthersMessage[] = [];
    const reported: OthersIdentity[] = [];
    for (const message of messages) {
      const { state, leaving } = this.#storage;
      const other = this.othersIdentity(reportedByMessage(message));
      if (other !== null) {
        const { id, address, late } = other;
        const person = { ...message.person, wa_id: null };
        others.push({ message: late ? { ...message, address, person } : message, id, address });
        if (late) continue;
        reported.push(other);
        const user_ids = [identityOf(address)];
        this.#links.redirectTo(id, {
          address: message.address,
          at: message.at,
          user_ids,
          settled: false,
        });
      } else if (
        state !== null &&
        leaving !== null &&
        leaving.home !== null &&
        message.person.user_id === null &&
        sharedPhones(state, [message.address]).some((phone) => givenAway(state).includes(phone))
      ) {
        // The phone already has a new owner, and this message has no BSUID: it is the new owner's.
        others.push({ message, id: leaving.heir, address: null });
      } else {
        ours.push(message);
      }
    }
    return { ours, others, reported };
  }

  /** The other person that a report is about; null if it is about this conversation's person. */
  othersIdentity(reported: ReportedIdentity): OthersIdentity | null {
    const { state } = this.#storage;
    const owner = state === null ? null : identityOwner(state, reported);
    if (state === null || owner === null || owner.kind === "ours") return null;
    const { address, late } = owner;
    const users = reported.addresses.filter(({ kind }) => kind === "user");
    const phones = sharedPhones(state, reported.addresses).map((phone) => {
      return { kind: "phone" as const, phone };
    });
    return {
      id: this.#objects.idOf(address),
      address,
      late,
      reported: late
        ? { ...reported, addresses: users, wa_id: null }
        : { ...reported, addresses: [...reported.addresses, ...phones] },
    };
  }
}
