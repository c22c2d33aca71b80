/**
 * The inbox of a conversation object: which messages from Meta it took, and those of them that D1 lacks.
 * These stay in memory while the object brings them; if it stops before, Meta has no answer and delivers
 * them again.
 */
import { beginningOfSecond, endOfSecond, isSameMessage, tailOf } from "../../lib/ids.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import {
  addUnread,
  entryOf,
  entryOfSeen,
  leftToOther,
  mergedWith,
  RECENT_MAX,
  renamed,
  type SeenEntry,
  type SeenMessage,
  seenOfEntry,
  settled,
  unreadAfter,
  type UnreadCount,
  withEntries,
  withMark,
} from "../state/seen.ts";
import type { TakenMessage } from "../state/state.ts";
import type { ObjectTables } from "../tables/object-tables.ts";
import { SeenPages } from "../tables/seen-pages.ts";
import { WaitingMessages } from "../tables/waiting-messages.ts";

/** The most messages written to D1 at once; their total size is limited as well. */
const BATCH_MESSAGES = 100;
const BATCH_CHARACTERS = 600_000;

/** At least so many leave for another object together, at 150 bytes each: they fit into one value. */
const LIST_MESSAGES = 2000;

/** A member of the object's one row; a transaction that fails brings the former value back. */
export type RowPart<Value> = {
  get: () => Value;
  /** Writes the row, once for each transaction. */
  set: (value: Value) => void;
  /** Changes the value in memory only, until something else writes the row. */
  note: (value: Value) => void;
};

export class Inbox {
  readonly #recent: RowPart<readonly SeenEntry[]>;
  readonly #pages: SeenPages;
  readonly #waiting: WaitingMessages;
  /** Messages that the object is bringing, by the tails of their ids. */
  readonly #held = new Map<string, TakenMessage>();

  constructor(tables: ObjectTables, recent: RowPart<readonly SeenEntry[]>) {
    this.#recent = recent;
    this.#pages = new SeenPages(tables.sql);
    this.#waiting = new WaitingMessages(tables);
  }

  /**
   * The entry of a message that the object took before; null if it is new.
   *
   * @param newestId the greatest id of a message from Meta; "" = unknown
   */
  find({ id, at, received_at }: InboundMessage, newestId: string): SeenEntry | null {
    const recent = entryOf(this.#recent.get(), id);
    if (recent !== null) return recent;
    const [first, end] = [beginningOfSecond(at), endOfSecond(at)];
    // Each delivery has Meta's time, unless the time of receipt replaces it.
    const isStamped = at !== received_at;
    if (isStamped && newestId !== "" && newestId < first) return null;
    const pages = isStamped ? this.#pages.between(first, end) : this.#pages.all();
    for (const { list } of pages) {
      const entry = entryOf(list, id);
      if (entry !== null) return entry;
    }
    return null;
  }

  /** Whether so many new messages leave all known ones where they are. */
  hasRoomFor(messages: number): boolean {
    return this.#recent.get().length + messages <= RECENT_MAX;
  }

  /** Remembers a new message. */
  take(message: TakenMessage, unread: boolean, { mark, now }: { mark: string; now: number }): void {
    const entry: SeenEntry = [message.id, unread ? 1 : 0, message.sequence ?? 0];
    if (this.#add([entry], now)) this.#pages.prune(mark, now);
  }

  /** The message as the object took it first, unless D1 and the queues are known to have it. */
  lacking(message: InboundMessage, [id, , due]: SeenEntry): TakenMessage | null {
    return due === null ? null : { ...message, id, sequence: due === 0 ? null : due };
  }

  /** Holds messages in memory until D1 has them. */
  hold(messages: readonly TakenMessage[]): void {
    for (const message of messages) {
      const tail = tailOf(message.id);
      if (!this.#held.has(tail)) this.#held.set(tail, message);
    }
  }

  /** Stores held messages, for the alarm to bring. */
  keepHeld(): void {
    for (const message of this.#held.values()) {
      const [, unread] = this.#entry(message.id) ?? [message.id, 0];
      this.#waiting.keep(message, unread);
    }
  }

  /** Forgets held messages, once they are stored or erased. */
  releaseHeld(): void {
    this.#held.clear();
  }

  hasUnsettled(): boolean {
    return this.#held.size > 0 || !this.#waiting.isEmpty;
  }

  /** A batch of messages that D1 lacks. */
  unsettled(): TakenMessage[] {
    const batch: TakenMessage[] = [];
    let characters = 0;
    for (const message of this.#held.values()) {
      characters += message.payload.length;
      if (batch.length > 0 && characters > BATCH_CHARACTERS) return batch;
      if (batch.push(message) === BATCH_MESSAGES) return batch;
    }
    return batch.length > 0 ? batch : this.#waiting.some();
  }

  /** Whether `settle` changes nothing but what is in memory. */
  settlesInMemory(messages: readonly TakenMessage[]): boolean {
    const recent = this.#recent.get();
    return this.#waiting.isEmpty && messages.every(({ id }) => entryOf(recent, id) !== null);
  }

  /** Notes what D1 and the queues have now. */
  settle(messages: readonly TakenMessage[]): void {
    const tails = new Set(messages.map(({ id }) => tailOf(id)));
    for (const tail of tails) this.#held.delete(tail);
    const recent = this.#recent.get();
    this.#recent.note(settled(recent, tails));
    // Of many messages at once, some are in a page already.
    for (const { id } of messages) {
      if (entryOf(recent, id) !== null) continue;
      this.#pages.change((list) => settled(list, tails), this.#pages.between(id, id));
    }
    this.#waiting.drop(messages.map(({ wamid }) => wamid));
  }

  /** The greatest id in the second of `at`, if any. */
  newestOfSecond(at: number): string | null {
    const [first, end] = [beginningOfSecond(at), endOfSecond(at)];
    const pages = [...this.#pages.between(first, end)].flatMap(({ list }) => list);
    return greatest([...this.#recent.get(), ...pages].filter(([id]) => id >= first && id < end));
  }

  /** The id of the newest message here, if any. */
  newestMessageId(): string | null {
    return greatest([...this.#recent.get(), ...[...this.#pages.all()].flatMap(({ list }) => list)]);
  }

  /** The ids of messages from `least` on. */
  messageIdsFrom(least: string): string[] {
    const pages = [...this.#pages.all()].filter(({ last_id }) => last_id >= least);
    return [...this.#recent.get(), ...pages.flatMap(({ list }) => list)]
      .map(([id]) => id)
      .filter((id) => id >= least);
  }

  /** The number of unread messages after the read mark, and the id of the first. */
  unread(mark: string): UnreadCount {
    return addUnread(unreadAfter(this.#recent.get(), mark), this.#pages.unreadAfter(mark));
  }

  /** Marks messages that count as unread in another conversation, by their ids. */
  leaveToOther(ids: readonly string[]): void {
    const tails = new Set(ids.map(tailOf));
    if (tails.size > 0) this.#change((list) => leftToOther(list, tails));
  }

  /** Gives messages the ids that D1 has for them. */
  rename(ids: readonly string[]): void {
    const byTail = new Map(ids.map((id) => [tailOf(id), id]));
    if (byTail.size > 0) this.#change((list) => renamed(list, byTail));
  }

  /** Writes down what the read mark covers: a merge may move the mark back. */
  applyMark(mark: string): void {
    this.#change((list) => withMark(list, mark));
  }

  /**
   * The messages that the object took, in lists of which each fits into one value.
   *
   * @param mark the read mark
   * @param receivedAt stands for the time of receipt, which the object does not remember
   */
  *seen(mark: string, receivedAt: number): Generator<readonly SeenMessage[]> {
    let list: SeenMessage[] = [];
    const pages = [...this.#pages.all()].map((page) => page.list);
    for (const entries of [...pages, this.#recent.get()]) {
      list.push(...entries.map((entry) => seenOfEntry(entry, mark, receivedAt)));
      if (list.length < LIST_MESSAGES) continue;
      yield list;
      list = [];
    }
    if (list.length > 0) yield list;
  }

  /** Takes over seen messages of another object; D1 has them under these ids. */
  takeSeen(seen: readonly SeenMessage[], now: number): void {
    const arriving = new Map(seen.map((each) => [tailOf(each.message_id), each]));
    const known = new Set<string>();
    this.#change((list) => {
      for (const [id] of list) if (arriving.has(tailOf(id))) known.add(tailOf(id));
      return mergedWith(list, arriving);
    });
    const fresh = [...arriving].flatMap(([tail, each]) => (known.has(tail) ? [] : [each]));
    this.#add(
      fresh.map(entryOfSeen).toSorted(([one], [other]) => (one < other ? -1 : 1)),
      now,
    );
  }

  /** Takes over what an object of an older version left in its table. */
  takeOlder(now: number): void {
    const older = this.#waiting.takeOlder((id) => this.#entry(id) !== null);
    if (older.length > 0) this.takeSeen(older, now);
  }

  /** The table is known to have no row. */
  knowNoneWaits(): void {
    this.#waiting.knowEmpty();
  }

  /** After a failed transaction. */
  forgetPages(): void {
    this.#pages.forget();
    this.#waiting.forget();
  }

  /** Forgets everything that is stored. */
  clear(): void {
    this.#recent.set([]);
    this.#pages.clear();
    this.#waiting.clear();
  }

  #entry(id: string): SeenEntry | null {
    const recent = entryOf(this.#recent.get(), id);
    if (recent !== null) return recent;
    for (const { list } of this.#pages.between(id, id)) {
      const entry = list.find(([known]) => isSameMessage(known, id));
      if (entry !== undefined) return entry;
    }
    return null;
  }

  /** Whether a page was written. */
  #add(entries: readonly SeenEntry[], now: number): boolean {
    const { recent, pages } = withEntries(this.#recent.get(), entries);
    for (const page of pages) this.#pages.add(page, now);
    this.#recent.set(recent);
    return pages.length > 0;
  }

  #change(work: (list: readonly SeenEntry[]) => readonly SeenEntry[]): void {
    const recent = this.#recent.get();
    const after = work(recent);
    if (after !== recent) this.#recent.set(after);
    this.#pages.change(work);
  }
}

function greatest(entries: readonly SeenEntry[]): string | null {
  const ids = entries.map(([id]) => id);
  return ids.toSorted().at(-1) ?? null;
}
