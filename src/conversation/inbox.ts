/** The inbox of a conversation object: who was here, and what is not in D1 yet. */
import { secondOf, timeOfId } from "../lib/ids.ts";
import { DAY_MS } from "../lib/time.ts";
import { firstToFit, jsonChunks } from "../store/rows.ts";
import { type ObjectSql, wholeNumbers } from "./object-sql.ts";
import type { TakenMessage } from "./state.ts";

/** Meta redelivers for up to 7 days; a wamid is known for longer than that. */
const REMEMBERED_MS = 8 * DAY_MS;

/** Messages brought into D1 at once, if they are small: what they weigh together is bounded as well. */
const BATCH_MESSAGES = 100;

/** A message that was here, without its payload. */
export type SeenMessage = {
  wamid: string;
  message_id: string;
  /** 1; 0 once read, or if it never counts; 2 where it counts in another conversation. */
  unread: number;
  received_at: number;
};

export class Inbox {
  readonly #sql: ObjectSql;
  /** Wamids of what is in D1 and keeps its payload here until it is written down. */
  readonly #settled = new Set<string>();
  /** The greatest id of each second, once a late message made us read them all. */
  #newestOfSeconds: Map<number, string> | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = wholeNumbers(sql);
  }

  /** Takes a message and its payload; false if its wamid was here before. */
  take(message: TakenMessage, unread: boolean): boolean {
    const isNew =
      this.#sql
        .exec(
          `INSERT INTO inbox (wamid, message_id, unread, received_at, payload)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1`,
          message.wamid,
          message.id,
          unread ? 1 : 0,
          message.received_at,
          JSON.stringify(message),
        )
        .toArray().length > 0;
    if (isNew && this.#newestOfSeconds !== null) noteNewest(this.#newestOfSeconds, message.id);
    return isNew;
  }

  /** Whether a wamid was here before. */
  has(wamid: string): boolean {
    return this.#sql.exec("SELECT 1 FROM inbox WHERE wamid = ?", wamid).toArray().length > 0;
  }

  /** The greatest id in the second of a time, if any. */
  newestOfSecond(at: number): string | null {
    this.#newestOfSeconds ??= this.#readNewest();
    return this.#newestOfSeconds.get(secondOf(at)) ?? null;
  }

  /** Those of the wamids that are not in D1 yet, as first taken. */
  unsettledOf(wamids: readonly string[]): TakenMessage[] {
    this.writeSettled();
    return jsonChunks(wamids).flatMap((chunk) =>
      this.#sql
        .exec<{ payload: string }>(
          `SELECT payload FROM inbox
           WHERE wamid IN (SELECT value FROM json_each(?)) AND payload IS NOT NULL`,
          chunk,
        )
        .toArray()
        .map(messageOf),
    );
  }

  /** The oldest that are not in D1 yet, a batch of them. */
  unsettled(): TakenMessage[] {
    this.writeSettled();
    const oldest = this.#sql.exec<{ payload: string }>(
      "SELECT payload FROM inbox WHERE payload IS NOT NULL ORDER BY received_at LIMIT ?",
      BATCH_MESSAGES,
    );
    return firstToFit(oldest).map(messageOf);
  }

  hasUnsettled(): boolean {
    this.writeSettled();
    return (
      this.#sql.exec("SELECT 1 FROM inbox WHERE payload IS NOT NULL LIMIT 1").toArray().length > 0
    );
  }

  /**
   * Notes what is in D1 now, in memory alone: a write for each would cost as much as taking it did.
   * Should the note be lost, it is brought into D1 once more, which changes nothing.
   */
  settle(wamids: readonly string[]): void {
    for (const wamid of wamids) this.#settled.add(wamid);
  }

  /** Forgets the payloads of what is in D1. */
  writeSettled(): void {
    if (this.#settled.size === 0) return;
    for (const chunk of jsonChunks([...this.#settled])) {
      this.#sql.exec(
        `UPDATE inbox SET payload = NULL
         WHERE wamid IN (SELECT value FROM json_each(?)) AND payload IS NOT NULL`,
        chunk,
      );
    }
    this.#settled.clear();
  }

  /** These count in another conversation. */
  leaveToOther(wamids: readonly string[]): void {
    for (const chunk of jsonChunks(wamids)) {
      this.#sql.exec(
        `UPDATE inbox SET unread = 2
         WHERE wamid IN (SELECT value FROM json_each(?)) AND unread = 1`,
        chunk,
      );
    }
  }

  /** Those that stand in D1 under other ids have these from now on, and are read up to the mark. */
  rename(messages: readonly { wamid: string; message_id: string }[], readUpTo: string): void {
    this.#newestOfSeconds = null;
    for (const chunk of jsonChunks(messages)) {
      this.#sql.exec(
        `UPDATE inbox SET message_id = told.value ->> 'message_id',
           unread = iif(unread = 1 AND told.value ->> 'message_id' <= ?, 0, unread)
         FROM json_each(?) AS told
         WHERE inbox.wamid = told.value ->> 'wamid' AND message_id <> told.value ->> 'message_id'`,
        readUpTo,
        chunk,
      );
    }
  }

  /** Staff have seen every message up to this one. */
  read(upTo: string): void {
    this.#sql.exec("UPDATE inbox SET unread = 0 WHERE unread = 1 AND message_id <= ?", upTo);
  }

  /** How many are unread, and the id of the first of them. */
  unread(): { count: number; first: string | null } {
    return this.#sql
      .exec<{ count: number; first: string | null }>(
        "SELECT count(*) AS count, min(message_id) AS first FROM inbox WHERE unread = 1",
      )
      .one();
  }

  /** The id of the newest message here, if any. */
  newestMessageId(): string | null {
    return this.#sql.exec<{ id: string | null }>("SELECT max(message_id) AS id FROM inbox").one()
      .id;
  }

  /** Forgets wamids that Meta can't deliver again, but for the unread, which are counted here. */
  prune(now: number): void {
    this.writeSettled();
    this.#sql.exec(
      "DELETE FROM inbox WHERE received_at <= ? AND payload IS NULL AND unread <> 1",
      now - REMEMBERED_MS,
    );
  }

  /** When the next wamid may be forgotten; null when none is kept. */
  pruneDueAt(): number | null {
    this.writeSettled();
    const oldest = this.#sql
      .exec<{ at: number | null }>(
        "SELECT min(received_at) AS at FROM inbox WHERE payload IS NULL AND unread <> 1",
      )
      .one().at;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }

  /** The ids of messages from this one on. */
  messageIdsFrom(least: string): string[] {
    return this.#sql
      .exec<{ id: string }>("SELECT message_id AS id FROM inbox WHERE message_id >= ?", least)
      .toArray()
      .map(({ id }) => id);
  }

  /** What was here and is in D1, by wamid and behind one: as much as fits into one value. */
  seenAfter(wamid: string): SeenMessage[] {
    this.writeSettled();
    return firstToFit(
      this.#sql.exec<SeenMessage>(
        `SELECT wamid, message_id, unread, received_at FROM inbox
         WHERE payload IS NULL AND wamid > ? ORDER BY wamid`,
        wamid,
      ),
    );
  }

  /**
   * Takes over what another object has seen; what is read in either place is read, what counts in one
   * counts. All of it is in D1, under these very ids.
   *
   * @param seen JSON text, a list of SeenMessage that fits into one value
   */
  takeSeen(seen: string): void {
    this.#newestOfSeconds = null;
    this.#sql.exec(
      `INSERT INTO inbox (wamid, message_id, unread, received_at)
       SELECT value ->> 'wamid', value ->> 'message_id', value ->> 'unread',
         value ->> 'received_at'
       FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET
         message_id = excluded.message_id, unread = min(unread, excluded.unread)`,
      seen,
    );
  }

  clear(): void {
    this.#settled.clear();
    this.#newestOfSeconds = null;
    this.#sql.exec("DELETE FROM inbox");
  }

  #readNewest(): Map<number, string> {
    const newest = new Map<number, string>();
    for (const { id } of this.#sql.exec<{ id: string }>("SELECT message_id AS id FROM inbox")) {
      noteNewest(newest, id);
    }
    return newest;
  }
}

function messageOf({ payload }: { payload: string }): TakenMessage {
  return JSON.parse(payload);
}

function noteNewest(newestOfSeconds: Map<number, string>, id: string): void {
  const second = secondOf(timeOfId(id));
  if (id > (newestOfSeconds.get(second) ?? "")) newestOfSeconds.set(second, id);
}
