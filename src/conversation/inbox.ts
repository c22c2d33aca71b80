/** The inbox of a conversation object: wamids already taken, and payloads until D1 has them. */
import { secondOf, timeOfId } from "../lib/ids.ts";
import { DAY_MS } from "../lib/time.ts";
import { firstToFit, jsonChunks } from "../store/rows.ts";
import { type ObjectSql, wholeNumbers } from "./object-sql.ts";
import type { TakenMessage } from "./state.ts";

/** Meta redelivers for up to 7 days: the object remembers a wamid for longer than that. */
const REMEMBERED_MS = 8 * DAY_MS;

/** The most messages written to D1 at once; their total size is limited as well. */
const BATCH_MESSAGES = 100;

/** A message that D1 has, without its payload. */
export type SeenMessage = {
  wamid: string;
  message_id: string;
  /** 1 = unread; 0 = read, or of a type that never counts; 2 = counts in another conversation. */
  unread: number;
  received_at: number;
};

export class Inbox {
  readonly #sql: ObjectSql;
  /** Wamids that D1 has, whose payloads `writeSettled` will remove. */
  readonly #settled = new Set<string>();
  /** The greatest id of each second; null until a late message makes the object read them all. */
  #newestOfSeconds: Map<number, string> | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = wholeNumbers(sql);
  }

  /** Stores a message with its payload; false if its wamid is known. */
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

  /** Whether a wamid is known. */
  has(wamid: string): boolean {
    return this.#sql.exec("SELECT 1 FROM inbox WHERE wamid = ?", wamid).toArray().length > 0;
  }

  /** The greatest id in the second of `at`, if any. */
  newestOfSecond(at: number): string | null {
    this.#newestOfSeconds ??= this.#readNewest();
    return this.#newestOfSeconds.get(secondOf(at)) ?? null;
  }

  /** The messages among these wamids that are not in D1 yet, as first taken. */
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

  /** A batch of the oldest messages that are not in D1 yet. */
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
   * Notes in memory only what D1 has now: a write for each would cost as much as taking it did. If the
   * object loses the note, the alarm writes the message to D1 again, which changes nothing.
   */
  settle(wamids: readonly string[]): void {
    for (const wamid of wamids) this.#settled.add(wamid);
  }

  /** Removes the payloads that D1 has. */
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

  /** Marks messages that count as unread in another conversation. */
  leaveToOther(wamids: readonly string[]): void {
    for (const chunk of jsonChunks(wamids)) {
      this.#sql.exec(
        `UPDATE inbox SET unread = 2
         WHERE wamid IN (SELECT value FROM json_each(?)) AND unread = 1`,
        chunk,
      );
    }
  }

  /** Gives messages the ids that D1 has for them; those up to the read mark become read. */
  rename(messages: readonly { wamid: string; message_id: string }[], readUpTo: string): void {
    this.#newestOfSeconds = null;
    for (const chunk of jsonChunks(messages)) {
      this.#sql.exec(
        `UPDATE inbox SET message_id = input.value ->> 'message_id',
           unread = iif(unread = 1 AND input.value ->> 'message_id' <= ?, 0, unread)
         FROM json_each(?) AS input
         WHERE inbox.wamid = input.value ->> 'wamid' AND message_id <> input.value ->> 'message_id'`,
        readUpTo,
        chunk,
      );
    }
  }

  /** Marks every message up to this one as read. */
  read(upTo: string): void {
    this.#sql.exec("UPDATE inbox SET unread = 0 WHERE unread = 1 AND message_id <= ?", upTo);
  }

  /** The number of unread messages, and the id of the first. */
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

  /** Forgets wamids that Meta can't deliver again, except unread ones, which are counted from here. */
  prune(now: number): void {
    this.writeSettled();
    this.#sql.exec(
      "DELETE FROM inbox WHERE received_at <= ? AND payload IS NULL AND unread <> 1",
      now - REMEMBERED_MS,
    );
  }

  /** When `prune` may forget the next wamid; null if there is none. */
  pruneDueAt(): number | null {
    this.writeSettled();
    const oldest = this.#sql
      .exec<{ at: number | null }>(
        "SELECT min(received_at) AS at FROM inbox WHERE payload IS NULL AND unread <> 1",
      )
      .one().at;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }

  /** The ids of messages from `least` on. */
  messageIdsFrom(least: string): string[] {
    return this.#sql
      .exec<{ id: string }>("SELECT message_id AS id FROM inbox WHERE message_id >= ?", least)
      .toArray()
      .map(({ id }) => id);
  }

  /** The messages that D1 has, ordered by wamid, after this one: as many as fit into one value. */
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
   * Takes over the seen messages of another object; a message read in one of both is read. D1 has all
   * of them, under these ids.
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
