/**
 * Entries of messages that the object took a while ago, many to a row: its one row, which is written for
 * each message, keeps only the last ones.
 */
import { DAY_MS } from "../../lib/time.ts";
import { addUnread, type SeenEntry, unreadAfter, type UnreadCount } from "../state/seen.ts";
import { emptyTable, hasTable, type ObjectSql } from "./object-tables.ts";

/** Meta redelivers for up to 7 days: the object remembers a wamid for longer than that. */
const REMEMBERED_MS = 8 * DAY_MS;

/** Created when first needed: most objects never need it, and a table costs a new object rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS seen_pages (
  number INTEGER PRIMARY KEY,
  first_id TEXT NOT NULL,
  last_id TEXT NOT NULL,
  unread INTEGER NOT NULL,
  kept_at INTEGER NOT NULL,
  entries TEXT NOT NULL
) STRICT`;

/** A page without its entries. */
type PageHead = {
  number: number;
  first_id: string;
  last_id: string;
  /** How many of its messages count after the read mark. */
  unread: number;
  /** When the page was written: its messages came before, in milliseconds. */
  kept_at: number;
};

/** A page with its entries. */
type Page = PageHead & { list: readonly SeenEntry[] };

export class SeenPages {
  readonly #sql: ObjectSql;
  /** Read when first needed; null = not read. */
  #heads: Map<number, PageHead> | null = null;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  add(list: readonly SeenEntry[], now: number): void {
    const heads = this.#readHeads();
    this.#sql.exec(TABLE);
    const number = Math.max(0, ...heads.keys()) + 1;
    this.#write({ number, ...rangeOf(list), kept_at: now, list });
  }

  /** The pages that may have messages from `least` to `most`, both ids. */
  *between(least: string, most: string): Generator<Page> {
    for (const head of this.#readHeads().values()) {
      if (head.last_id >= least && head.first_id <= most) yield this.#read(head);
    }
  }

  *all(): Generator<Page> {
    for (const head of this.#readHeads().values()) yield this.#read(head);
  }

  /** Applies a change to pages, all of them if none are given; a list that stays the same is not written. */
  change(
    work: (list: readonly SeenEntry[]) => readonly SeenEntry[],
    pages: Iterable<Page> = this.all(),
  ): void {
    for (const page of pages) {
      const list = work(page.list);
      if (list !== page.list) this.#write({ ...page, ...rangeOf(list), list });
    }
  }

  /** Counts without a read of the pages that are wholly before or after the read mark. */
  unreadAfter(mark: string): UnreadCount {
    let sum: UnreadCount = { count: 0, first: null };
    for (const head of this.#readHeads().values()) {
      if (head.unread > 0 && head.last_id > mark) {
        sum = addUnread(sum, unreadAfter(this.#read(head).list, mark));
      }
    }
    return sum;
  }

  /** Forgets wamids that Meta can't deliver again, except unread ones, which are counted from here. */
  prune(mark: string, now: number): void {
    for (const head of this.#readHeads().values()) {
      if (head.kept_at > now - REMEMBERED_MS) continue;
      const page = this.#read(head);
      const unread = page.list.filter(([id, counts]) => counts === 1 && id > mark);
      if (unread.length === 0) this.#drop(head);
      else if (unread.length < page.list.length) {
        this.#write({ ...page, ...rangeOf(unread), list: unread });
      }
    }
  }

  /** After a failed transaction: what is in memory may be wrong. */
  forget(): void {
    this.#heads = null;
  }

  clear(): void {
    emptyTable(this.#sql, "seen_pages");
    this.#heads = null;
  }

  #readHeads(): Map<number, PageHead> {
    if (this.#heads !== null) return this.#heads;
    const heads = hasTable(this.#sql, "seen_pages")
      ? this.#sql
          .exec<PageHead>("SELECT number, first_id, last_id, unread, kept_at FROM seen_pages")
          .toArray()
      : [];
    this.#heads = new Map(heads.map((head) => [head.number, head]));
    return this.#heads;
  }

  #read(head: PageHead): Page {
    const { entries } = this.#sql
      .exec<{ entries: string }>("SELECT entries FROM seen_pages WHERE number = ?", head.number)
      .one();
    return { ...head, list: JSON.parse(entries) };
  }

  #write({ list, ...head }: Page): void {
    this.#sql.exec(
      `INSERT INTO seen_pages (number, first_id, last_id, unread, kept_at, entries)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET first_id = excluded.first_id, last_id = excluded.last_id,
         unread = excluded.unread, entries = excluded.entries`,
      head.number,
      head.first_id,
      head.last_id,
      head.unread,
      head.kept_at,
      JSON.stringify(list),
    );
    this.#readHeads().set(head.number, head);
  }

  #drop({ number }: PageHead): void {
    this.#sql.exec("DELETE FROM seen_pages WHERE number = ?", number);
    this.#readHeads().delete(number);
  }
}

function rangeOf(list: readonly SeenEntry[]): Pick<PageHead, "first_id" | "last_id" | "unread"> {
  const ids = list.map(([id]) => id).toSorted();
  const unread = list.filter(([, counts]) => counts === 1).length;
  return { first_id: ids[0] ?? "", last_id: ids.at(-1) ?? "", unread };
}
