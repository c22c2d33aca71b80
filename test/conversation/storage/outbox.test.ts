import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Outbox } from "../../../src/conversation/storage/outbox.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import { idBehind } from "../../../src/lib/ids.ts";
import { HOUR_MS, newPhoneAddress, outgoingMessage } from "../../support/conversation-messages.ts";
import { conversationAt } from "../../support/conversation-object.ts";

const NOW = Date.UTC(2026, 10, 24, 16);

type Watched = {
  /** The texts and the cursors of all queries of the object. */
  queries: string[];
  cursors: Pick<SqlStorageCursor<never>, "rowsRead" | "rowsWritten">[];
  sql: SqlStorage;
};

const inStorage = (work: (storage: ConversationStorage, watched: Watched) => void): Promise<void> =>
  runInDurableObject(conversationAt(newPhoneAddress()), (_object, { storage }) => {
    const queries: string[] = [];
    const cursors: ReturnType<typeof storage.sql.exec>[] = [];
    const sql = new Proxy(storage.sql, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (query: string, ...bindings: unknown[]): unknown => {
          queries.push(query);
          const cursor = Reflect.apply(member, target, [query, ...bindings]);
          cursors.push(cursor);
          return cursor;
        };
      },
    });
    const watched = new Proxy(storage, {
      get(target, name) {
        if (name === "sql") return sql;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    work(new ConversationStorage(watched), { queries, cursors, sql: storage.sql });
  });

const inOutbox = (work: (outbox: Outbox) => void): Promise<void> =>
  inStorage(({ outbox }) => work(outbox));

const due = (members = {}) => outgoingMessage({ ready_at: NOW, ...members });

describe("the outbox", () => {
  it("keeps what changed since D1 got it", () =>
    inOutbox((outbox) => {
      const message = due();
      outbox.take(message, NOW);
      const queued = outbox.unrecorded();
      outbox.finish(message.id, { state: "accepted", wamid: "wamid.A", at: NOW });
      outbox.record(queued);
      const accepted = outbox.unrecorded();
      expect(accepted).toMatchObject([{ report: { state: "accepted", wamid: "wamid.A" } }]);
      outbox.record(accepted);
      expect(outbox.unrecorded()).toEqual([]);
      expect(outbox.hasUnrecorded()).toBe(false);
    }));

  it("keeps the content of what waits, though D1 knows of it", () =>
    inOutbox((outbox) => {
      const message = due();
      outbox.take(message, NOW);
      outbox.record(outbox.unrecorded());
      expect(outbox.waiting.head(NOW)?.message).toEqual(message);
    }));

  it("counts the attempts, by which the back-off grows", () =>
    inOutbox((outbox) => {
      const message = due();
      outbox.take(message, NOW);
      for (let attempts = 0; attempts < 3; attempts += 1) {
        expect(outbox.waiting.head(NOW)?.attempts).toBe(attempts);
        outbox.call(message.id);
        outbox.postpone(message.id, NOW, { state: "queued", error: null });
      }
    }));

  it("gives D1 nothing of a call that is under way", () =>
    inOutbox((outbox) => {
      const message = due();
      outbox.take(message, NOW);
      outbox.call(message.id);
      expect(outbox.unrecorded()).toEqual([]);
      expect(outbox.hasUnrecorded()).toBe(true);
      expect(outbox.interrupted()).toEqual([message]);
    }));

  it("holds the others back behind one that is postponed, and none behind one that is deferred", () =>
    inOutbox((outbox) => {
      const [first, second] = [due(), due()];
      outbox.take(first, NOW);
      outbox.take(second, NOW);
      outbox.postpone(first.id, NOW + HOUR_MS, { state: "queued", error: null });
      expect(outbox.waiting.head(NOW)).toMatchObject({ message: first, due_at: NOW + HOUR_MS });
      expect(outbox.waiting.dueAt()).toBe(NOW + HOUR_MS);
      outbox.defer(first.id, NOW + HOUR_MS, { state: "queued", error: null });
      expect(outbox.waiting.head(NOW)?.message).toEqual(second);
      expect(outbox.waiting.dueAt()).toBe(NOW);
    }));

  it("names who would rather not wait, of those that are ready", () =>
    inOutbox((outbox) => {
      const unwillingToWait = due({ wait: false });
      const scheduled = due({ wait: false, ready_at: NOW + 1 });
      for (const message of [due(), unwillingToWait, scheduled]) outbox.take(message, NOW);
      expect(outbox.waiting.unwillingToWait(NOW)).toEqual([unwillingToWait]);
    }));

  it("forgets an end after 72 hours, at the very time that it says", () =>
    inOutbox((outbox) => {
      const message = due();
      outbox.take(message, NOW);
      expect(outbox.records.pruneDueAt()).toBeNull();
      outbox.finish(message.id, { state: "canceled", at: NOW });
      outbox.record(outbox.unrecorded());
      expect(outbox.records.pruneDueAt()).toBe(NOW + 72 * HOUR_MS);
      outbox.records.prune(NOW + 72 * HOUR_MS - 1);
      expect(outbox.progress(message.id)).not.toBeNull();
      outbox.records.prune(NOW + 72 * HOUR_MS);
      expect(outbox.progress(message.id)).toBeNull();
    }));

  it("is as before after a transaction that failed", () =>
    inStorage((storage) => {
      const { outbox } = storage;
      const failing = (work: () => void) => {
        const whole = () =>
          storage.transaction(() => {
            work();
            throw new Error("stopped halfway");
          });
        expect(whole).toThrow("stopped halfway");
      };
      const message = due();
      failing(() => outbox.take(message, NOW));
      expect(outbox.waiting.head(NOW)).toBeNull();
      expect(outbox.placeOf(message.id)).toBeNull();
      outbox.take(message, NOW);
      failing(() => {
        outbox.drop(message.id);
        expect(outbox.waiting.head(NOW)).toBeNull();
      });
      expect(outbox.waiting.head(NOW)?.message).toEqual(message);
    }));

  it("knows messages at any place, and one that is named twice as one", () =>
    inOutbox((outbox) => {
      const [waits, left, fresh] = [due(), due(), due()];
      outbox.take({ ...waits, id: idBehind(waits.id, fresh.id) }, NOW);
      outbox.takeAtOnce({ ...left, id: idBehind(left.id, fresh.id) }, null, NOW);
      const again = { ...fresh, id: idBehind(fresh.id, fresh.id) };
      expect(outbox.unknown([waits, fresh, left, again])).toEqual([again]);
    }));

  it("reads a long table a few times for a hundred messages, and not for each of them", () =>
    inStorage(({ outbox }, { cursors }) => {
      const waiting = Array.from({ length: 1000 }, () => due());
      for (const message of waiting) outbox.take(message, NOW);
      cursors.length = 0;
      const more = Array.from({ length: 100 }, () => due());
      for (const message of outbox.unknown(more)) outbox.take(message, NOW);
      expect(outbox.unknown(more)).toEqual([]);
      outbox.record(outbox.unrecorded());
      outbox.hasUnrecorded();
      const rowsRead = cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
      expect(rowsRead).toBeLessThan(10 * (waiting.length + more.length));
    }));

  it("looks for nothing in its table where nothing waits: a send pays for each look", () =>
    inStorage(({ outbox }, { queries }) => {
      const send = due();
      const looks = () => {
        outbox.isBusy(NOW);
        outbox.placeOf(due().id);
        outbox.newestBelow(send.id);
        outbox.takeAtOnce(send, null, NOW);
        outbox.call(send.id);
        outbox.finish(send.id, { state: "accepted", wamid: "wamid.A", at: NOW });
        outbox.record(outbox.unrecorded());
        outbox.hasUnrecorded();
        outbox.fallbackProgress(send.id);
        outbox.waiting.dueAt();
        outbox.records.pruneDueAt();
      };
      looks();
      queries.length = 0;
      outbox.drop(send.id);
      looks();
      expect(queries.filter((query) => query.includes("outbox"))).toEqual([]);
    }));
});

describe("an outbox in which a thousand messages wait", () => {
  const WAITING = 1000;
  /** Of each look, so that neither a send nor an alarm grows with what waits. */
  const ROWS_READ = 6;

  /** Half of them are ready, and D1 has them all. */
  const fill = (storage: ConversationStorage, sql: SqlStorage) => {
    const messages = Array.from({ length: WAITING }, (_each, place) =>
      due({ ready_at: NOW - WAITING / 2 + place, expires_at: NOW + WAITING + place }),
    );
    const failed = due({ ready_at: NOW + HOUR_MS });
    const special = {
      first: due({ ready_at: NOW - WAITING }),
      unwilling: due({ wait: false, ready_at: NOW - 2 }),
      expiring: due({ ready_at: NOW + 3, expires_at: NOW + 4 }),
      failed,
      fallback: { ...due({ ready_at: NOW + HOUR_MS }), fallback_of: failed.id },
    };
    storage.transaction(() => {
      for (const each of [...Object.values(special), ...messages]) storage.outbox.take(each, NOW);
    });
    sql.exec("UPDATE outbox SET recorded = 1");
    return special;
  };

  it("finds each by an index", () =>
    inStorage((storage, { cursors, sql }) => {
      const { first, unwilling, expiring, failed, fallback } = fill(storage, sql);
      const { outbox } = storage;
      const look = <Result>(work: () => Result): Result => {
        cursors.length = 0;
        const result = work();
        const rowsRead = cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0);
        expect({ work: work.toString(), rowsRead }).toSatisfy(() => rowsRead <= ROWS_READ);
        return result;
      };
      expect(look(() => outbox.isBusy(NOW))).toBe(true);
      expect(look(() => outbox.isBusy(NOW - 2 * WAITING))).toBe(false);
      expect(look(() => outbox.waiting.head(NOW)?.message)).toEqual(first);
      expect(look(() => outbox.waiting.unwillingToWait(NOW))).toEqual([unwilling]);
      expect(look(() => outbox.waiting.expired(NOW + 4))).toEqual([expiring]);
      expect(look(() => outbox.waiting.dueAt())).toBe(NOW - WAITING);
      expect(look(() => outbox.placeOf(due().id))).toBeNull();
      expect(look(() => outbox.placeOf(idBehind(first.id, fallback.id)))).toBe(first.id);
      expect(look(() => outbox.isWaiting(first.id))).toBe(true);
      expect(look(() => outbox.isOpen(due().id))).toBe(false);
      expect(look(() => outbox.isOpen(failed.id))).toBe(true);
      expect(look(() => outbox.fallbackProgress(failed.id))?.message_id).toBe(fallback.id);
      expect(look(() => outbox.hasUnrecorded())).toBe(false);
      expect(look(() => outbox.unrecorded())).toEqual([]);
      expect(look(() => outbox.records.pruneDueAt())).toBeNull();
      look(() => outbox.records.prune(NOW));
      look(() => outbox.postpone(first.id, NOW + HOUR_MS, { state: "queued", error: null }));
      expect(look(() => outbox.waiting.dueAt())).toBe(expiring.expires_at);
      look(() => outbox.call(first.id));
      expect(look(() => outbox.interrupted())).toEqual([first]);
      look(() => outbox.finish(first.id, { state: "accepted", wamid: "wamid.A", at: NOW }));
      expect(look(() => outbox.hasUnrecorded())).toBe(true);
      look(() => outbox.record(outbox.unrecorded()));
      expect(look(() => outbox.hasUnrecorded())).toBe(false);
      expect(look(() => outbox.records.pruneDueAt())).toBe(NOW + 72 * HOUR_MS);
      look(() => outbox.records.prune(NOW + 72 * HOUR_MS));
      expect(look(() => outbox.placeOf(first.id))).toBeNull();
      look(() => outbox.drop(fallback.id));
      look(() => outbox.cancel(failed.id, { state: "canceled", at: NOW }));
      expect(look(() => outbox.isOpen(failed.id))).toBe(false);
    }));
});

describe("a short outbox", () => {
  const LONG = 250;

  it("has no index: each row would cost several", () =>
    inStorage(({ outbox }, { cursors, sql }) => {
      outbox.take(due(), NOW);
      cursors.length = 0;
      for (let more = 2; more < LONG; more += 1) outbox.take(due(), NOW);
      expect(cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0)).toBe(LONG - 2);
      expect(indexesIn(sql)).toEqual([]);
    }));

  it("is indexed once it is long, although a transaction failed that had made it so", () =>
    inStorage((storage, { sql }) => {
      const grow = () => {
        for (let more = 0; more < LONG; more += 1) storage.outbox.take(due(), NOW);
      };
      const failing = () =>
        storage.transaction(() => {
          grow();
          throw new Error("stopped halfway");
        });
      expect(failing).toThrow("stopped halfway");
      expect(indexesIn(sql)).toEqual([]);
      storage.outbox.take(due(), NOW);
      storage.outbox.take(due(), NOW);
      // As one that reads no more than fits into a call.
      const halfRead = sql.exec("SELECT message_id FROM outbox ORDER BY message_id");
      halfRead.next();
      grow();
      expect(indexesIn(sql)).not.toEqual([]);
    }));
});

function indexesIn(sql: SqlStorage): SqlStorageValue[] {
  const query =
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'outbox' AND sql <> ''";
  return sql
    .exec(query)
    .toArray()
    .map(({ name = null }) => name);
}
