/** Moves a conversation from one object to another without losing what arrives during the move. */
import { reclaimConversation, redirectConversation } from "../../store/conversations.ts";
import type { Database } from "../../store/d1.ts";
import { type ConversationProjection, project } from "../../store/projection.ts";
import { jsonChunks } from "../../store/rows.ts";
import type { OutboxSender } from "../sending/sender.ts";
import { withOwnAddress } from "../state/addresses.ts";
import { mergedState } from "../state/merge-rules.ts";
import type { SeenMessage } from "../state/seen.ts";
import { absorbedBy, type ConversationState, withEvent } from "../state/state.ts";
import { wasErasedAt } from "../state/tombstone.ts";
import { type MergeTarget, readState } from "../storage/record.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { Projector } from "../sync/projector.ts";
import type { ArrivingPart, Part } from "../tables/arrivals.ts";
import { type ConversationSnapshot, partsOf, takePart, wholeOf } from "./handover.ts";
import type { OtherObjects } from "./other-objects.ts";

/** Names one move of a conversation, so that it takes effect once. */
function moveOf(from: string, version: number): string {
  return `${from}:${version}`;
}

export class ConversationMerge {
  readonly #storage: ConversationStorage;
  readonly #objects: OtherObjects;

  constructor(storage: ConversationStorage, objects: OtherObjects) {
    this.#storage = storage;
    this.#objects = objects;
  }

  /** Moves a leaving conversation into its target, after D1 has all of it. */
  async moveOut(sender: OutboxSender, projector: Projector, database: Database): Promise<void> {
    const { leaving } = this.#storage;
    if (leaving !== null) {
      const into = this.#objects.withId(leaving.into);
      // A phone that was given to another person always moves: no cycle check.
      const winner =
        leaving.home === null ? await into.staying(this.#objects.ownId, this.#objects.ownId) : null;
      if (winner === this.#objects.ownId) {
        this.#storage.leave(null);
        return;
      }
      await sender.pauseWhile(async () => {
        do await projector.sync();
        while (!(await projector.pauseWhile(async () => this.#leave(leaving))));
      });
    }
    await this.#depart(database);
  }

  /**
   * If moving `from` into this object would close a cycle of moves, returns the object that must not move:
   * the one with the lowest id, but never one whose phone was given to another person. Null if there is no
   * cycle. `least` is the lowest id of the objects asked before.
   */
  async mergeCycleWinner(from: string, least: string): Promise<string | null> {
    const { leaving } = this.#storage;
    if (from === this.#objects.ownId) return from;
    if (leaving === null) return null;
    const lesser =
      leaving.home === null && this.#objects.ownId < least ? this.#objects.ownId : least;
    const winner =
      leaving.into === from
        ? lesser
        : await this.#objects.withId(leaving.into).staying(from, lesser);
    if (winner !== this.#objects.ownId) return winner;
    // The conversation moved while the others were asked: the cycle continues at its target.
    const { record } = this.#storage;
    if (record.kind === "moved") return this.#objects.withId(record.to).staying(from, from);
    this.#storage.leave(null);
    return winner;
  }

  /** Keeps a part of a conversation that moves in, unless that conversation is already here or erased. */
  keepPart(from: string, part: ArrivingPart): void {
    const storage = this.#storage;
    const move = moveOf(from, part.version);
    if (wasErasedAt(storage.tombstone, part.updated_at)) return;
    if (storage.state?.absorbed.includes(move) === true) return;
    storage.arrivals.keep(move, part);
  }

  /** Takes over a conversation; a repeat changes nothing. Null if the person was erased here since. */
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
      const arrived: SeenMessage[] = [...seen];
      const take = (part: Part): void => {
        for (const each of takePart(storage.outbox, part)) arrived.push(each);
      };
      if (!storage.arrivals.takeOut(key, parts, take)) {
        // This object moved in between and dropped its parts: the source must start again.
        throw new Error("not all parts of the conversation are here");
      }
      storage.inbox.applyMark(before.read_up_to);
      storage.inbox.takeSeen(arrived, now);
      for (const rows of jsonChunks(outbox)) storage.outbox.records.takeRows(rows);
      const merged = mergedState(before, source, storage.inbox.unread(""));
      const whole = { ...merged, absorbed: absorbedBy(merged, [key]) };
      return storage.save(withEvent(whole, "conversation.updated", now, from), now);
    });
  }

  /**
   * Turns the live record into a moved one; false while D1 lacks something. Does nothing if the move was
   * cancelled in between.
   */
  #leave({ into, heir: phoneOwner, home: ownAddress }: MergeTarget): boolean {
    const storage = this.#storage;
    return storage.transaction(() => {
      const { state } = storage;
      if (state === null || storage.leaving?.into !== into) return true;
      if (storage.inbox.hasUnsettled() || storage.hasEventsToQueue()) return false;
      const departing = ownAddress === null ? state : withOwnAddress(state, ownAddress);
      storage.move(phoneOwner, { into, home: ownAddress, state: departing });
      return true;
    });
  }

  /**
   * Hands over what a moved object still holds; may be repeated. Returns the conversation as it stands at
   * its target, or null if nothing is left to hand over.
   */
  async handOver(): Promise<ConversationProjection | null> {
    const { record } = this.#storage;
    if (record.kind !== "moved" || record.departing === null) return null;
    const { departing } = record;
    const into = this.#objects.withId(departing.into);
    const whole = wholeOf(this.#storage, departing);
    if (whole !== null) return into.absorb(this.#objects.ownId, whole);
    const { state, home } = departing;
    const { version, updated_at } = state;
    let number = 0;
    for (const part of partsOf(this.#storage, state)) {
      const place = { version, number, updated_at, comes_home: home !== null };
      await into.keepPart(this.#objects.ownId, { ...part, ...place });
      number += 1;
    }
    return into.absorb(this.#objects.ownId, { state, home, seen: [], outbox: [], parts: number });
  }

  /** Hands over, then redirects the rows in D1; the alarm repeats it until both succeed. */
  async #depart(database: Database): Promise<void> {
    const survivor = await this.handOver();
    if (survivor === null) return;
    await reclaimConversation(database, survivor.id);
    await project(database, { conversations: [survivor], messages: [], sends: [] });
    await redirectConversation(database, this.#objects.ownId, survivor.id);
    this.#storage.forget();
  }
}
