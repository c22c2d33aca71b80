/**
 * One person, one conversation: tells whose is what comes, and carries a conversation from an object to
 * another without losing what comes meanwhile.
 */
import { type Address, conversationName, identityOf, type PersonAddress } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import { toldByMessage, type ToldIdentity } from "../message/told-identity.ts";
import { reclaimConversation, redirectConversation } from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { type ConversationProjection, project } from "../store/projection.ts";
import { jsonChunks } from "../store/rows.ts";
import {
  type ArrivingPart,
  type ConversationSnapshot,
  partsOf,
  takePart,
  wholeOf,
} from "./handover.ts";
import { sharedPhones, whoseIdentity } from "./identity-rules.ts";
import type { Links } from "./links.ts";
import { mergedState } from "./merge-rules.ts";
import { phonesLike } from "./person.ts";
import { type MergeTarget, readState } from "./record.ts";
import type { ConversationRpc } from "./rpc.ts";
import type { OutboxSender } from "./sender.ts";
import { absorbedBy, type ConversationState, withEvent, withHome } from "./state.ts";
import type { ConversationStorage } from "./storage.ts";
import type { Projector } from "./sync.ts";
import { wasErasedAt } from "./tombstone.ts";

/** What was told of somebody else, for the object of theirs. */
export type OthersIdentity = {
  id: string;
  address: PersonAddress;
  told: ToldIdentity;
  /** From before the phone was given away: nothing changes by it. */
  late: boolean;
};

/** A message for another object; `address` makes that person's conversation if need be. */
export type OthersMessage = { message: InboundMessage; id: string; address: Address | null };

export type Sorted = {
  ours: readonly InboundMessage[];
  others: readonly OthersMessage[];
  /** What those whom phones belong to now are to know beside. */
  told: readonly OthersIdentity[];
};

/** What names one move of a conversation, so that it happens once. */
function moveOf(from: string, version: number): string {
  return `${from}:${version}`;
}

export class ConversationMerge {
  readonly #storage: ConversationStorage;
  readonly #namespace: DurableObjectNamespace<ConversationRpc>;
  readonly #ownId: string;
  readonly #links: Links;

  constructor(
    storage: ConversationStorage,
    namespace: DurableObjectNamespace<ConversationRpc>,
    ownId: string,
    links: Links,
  ) {
    this.#storage = storage;
    this.#namespace = namespace;
    this.#ownId = ownId;
    this.#links = links;
  }

  /** Which messages are this conversation's, and which belong to someone else's object. */
  sortOut(messages: readonly InboundMessage[]): Sorted {
    const ours: InboundMessage[] = [];
    const others: OthersMessage[] = [];
    const told: OthersIdentity[] = [];
    for (const message of messages) {
      const { state, leaving } = this.#storage;
      const other = this.othersIdentity(toldByMessage(message));
      if (other !== null) {
        const { id, address, late } = other;
        const person = { ...message.person, wa_id: null };
        others.push({ message: late ? { ...message, address, person } : message, id, address });
        if (late) continue;
        told.push(other);
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
        // The phone is another's already: its former owner writes from elsewhere.
        others.push({ message, id: leaving.heir, address: null });
      } else {
        ours.push(message);
      }
    }
    return { ours, others, told };
  }

  /** Whom else something is told of; null where it is of the person here. */
  othersIdentity(told: ToldIdentity): OthersIdentity | null {
    const { state } = this.#storage;
    const whose = state === null ? null : whoseIdentity(state, told);
    if (state === null || whose === null || whose.kind === "ours") return null;
    const { address, late } = whose;
    const users = told.addresses.filter(({ kind }) => kind === "user");
    const phones = sharedPhones(state, told.addresses).map((phone) => {
      return { kind: "phone" as const, phone };
    });
    return {
      id: this.#idOf(address),
      address,
      late,
      told: late
        ? { ...told, addresses: users, wa_id: null }
        : { ...told, addresses: [...told.addresses, ...phones] },
    };
  }

  /** Moves a conversation that is to become part of another, once D1 has all of it. */
  async moveOut(drain: OutboxSender, projector: Projector, database: Database): Promise<void> {
    const { leaving } = this.#storage;
    if (leaving !== null) {
      const into = this.#objectOf(leaving.into);
      // A phone given to someone else leaves whatever its former owner's object thinks of it.
      const staying = leaving.home === null ? await into.staying(this.#ownId, this.#ownId) : null;
      if (staying === this.#ownId) {
        this.#storage.leave(null);
        return;
      }
      await drain.pauseWhile(async () => {
        do await projector.sync();
        while (!this.#leave(leaving));
      });
    }
    await this.#depart(database);
  }

  /**
   * Of those that want to move into each other in a circle, which a move from there into here would
   * close, the one that stays; null if there is no circle. It is the one with the least id, but never
   * a phone given to someone else. `least` is that of those asked before.
   */
  async mergeCycleWinner(from: string, least: string): Promise<string | null> {
    const { leaving } = this.#storage;
    if (from === this.#ownId) return from;
    if (leaving === null) return null;
    const lesser = leaving.home === null && this.#ownId < least ? this.#ownId : least;
    const staying =
      leaving.into === from ? lesser : await this.#objectOf(leaving.into).staying(from, lesser);
    if (staying !== this.#ownId) return staying;
    // Gone while the others were asked: where it went, the circle goes on.
    const { record } = this.#storage;
    if (record.kind === "moved") return this.#objectOf(record.to).staying(from, from);
    this.#storage.leave(null);
    return staying;
  }

  /** Keeps a part of a conversation that is moving in; in vain where it is here or erased by now. */
  keepPart(from: string, part: ArrivingPart): void {
    const storage = this.#storage;
    const move = moveOf(from, part.version);
    if (wasErasedAt(storage.tombstone, part.updated_at)) return;
    if (storage.state?.absorbed.includes(move) === true) return;
    storage.arrivals.keep(move, part);
  }

  /** Takes a conversation in; once more changes nothing. Null if it was erased here meanwhile. */
  takeOver(from: string, snapshot: ConversationSnapshot): ConversationState | null {
    const storage = this.#storage;
    const { home, seen, outbox, parts = 0 } = snapshot;
    const source = readState(snapshot.state);
    const key = moveOf(from, source.version);
    const now = Date.now();
    if (wasErasedAt(storage.tombstone, source.updated_at)) return null;
    const before = storage.begin(source.phone_number_id, home ?? source.address, now);
    if (before.absorbed.includes(key)) return before;
    return storage.transaction(() => {
      if (!storage.arrivals.takeOut(key, parts, (part) => takePart(storage, part))) {
        // This object itself moved meanwhile: the source begins anew.
        throw new Error("not all parts of the conversation are here");
      }
      for (const rows of jsonChunks(seen)) storage.inbox.takeSeen(rows);
      for (const rows of jsonChunks(outbox)) storage.outbox.takeRows(rows);
      const merged = mergedState(before, source, storage.inbox.unread());
      const whole = { ...merged, absorbed: absorbedBy(merged, [key]) };
      return storage.save(withEvent(whole, "conversation.updated", now, from), now);
    });
  }

  /**
   * The last step before everything is passed on; false while something is not in D1 yet. It does
   * not go if it was told meanwhile to stay.
   */
  #leave({ into, heir, home }: MergeTarget): boolean {
    const storage = this.#storage;
    return storage.transaction(() => {
      const { state } = storage;
      if (state === null || storage.leaving?.into !== into) return true;
      if (storage.inbox.hasUnsettled() || storage.hasEventsToTell()) return false;
      const departing = home === null ? state : withHome(state, home, givenAway(state));
      storage.move(heir, { into, home, state: departing });
      return true;
    });
  }

  /**
   * Hands over what a moved object still holds, as often as need be: the conversation as it is at
   * its destination, or null where nothing is left to hand over.
   */
  async handOver(): Promise<ConversationProjection | null> {
    const { record } = this.#storage;
    if (record.kind !== "moved" || record.departing === null) return null;
    const { departing } = record;
    const into = this.#objectOf(departing.into);
    const whole = wholeOf(this.#storage, departing);
    if (whole !== null) return into.absorb(this.#ownId, whole);
    const { state, home } = departing;
    const { version, updated_at } = state;
    let number = 0;
    for (const part of partsOf(this.#storage)) {
      const place = { version, number, updated_at, comes_home: home !== null };
      await into.keepPart(this.#ownId, { ...part, ...place });
      number += 1;
    }
    return into.absorb(this.#ownId, { state, home, seen: [], outbox: [], parts: number });
  }

  /** Hands over and lets D1 follow; repeated until both did. */
  async #depart(database: Database): Promise<void> {
    const survivor = await this.handOver();
    if (survivor === null) return;
    await reclaimConversation(database, survivor.id);
    await project(database, { conversations: [survivor], messages: [], sends: [] });
    await redirectConversation(database, this.#ownId, survivor.id);
    this.#storage.forget();
  }

  #objectOf(id: string): DurableObjectStub<ConversationRpc> {
    return this.#namespace.get(this.#namespace.idFromString(id));
  }

  #idOf(address: Address): string {
    const name = conversationName(this.#storage.state?.phone_number_id ?? "", address);
    return this.#namespace.idFromName(name).toString();
  }
}

/** The phones that go where the one goes after which the object is called. */
function givenAway({ address, phones }: ConversationState): string[] {
  return address.kind === "phone" ? phonesLike(phones, address.phone) : [];
}
