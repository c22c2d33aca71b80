import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import {
  digestWamid,
  type SeenEntry,
  type SeenMessage,
} from "../../../src/conversation/state/seen.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import { tailOf } from "../../../src/lib/ids.ts";
import {
  DAY_MS,
  messageIdAt,
  newPhoneAddress,
  takenMessage,
} from "../../support/conversation-messages.ts";
import { conversationAt } from "../../support/conversation-object.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const SECOND_MS = 1000;
const HISTORY = 50_000;

type Opened = {
  storage: ConversationStorage;
  sql: SqlStorage;
  reopened: () => ConversationStorage;
};

const inInbox = (work: (opened: Opened) => void): Promise<void> =>
  runInDurableObject(conversationAt(newPhoneAddress()), (_object, { storage }) => {
    const reopened = () => new ConversationStorage(storage);
    work({ storage: reopened(), sql: storage.sql, reopened });
  });

/** A message with Meta's own time, and so with another time of receipt. */
const stamped = (at: number, tail: string) =>
  takenMessage({ at, received_at: NOW + 1, id: messageIdAt(at, tail) });

function take({ inbox }: ConversationStorage, at: number, tail: string, unread = false, now = NOW) {
  const message = stamped(at, tail);
  inbox.take(message, unread, { mark: "", now });
  return message;
}

const rowsOf = (sql: SqlStorage, table: string) =>
  sql.exec("SELECT 1 FROM sqlite_schema WHERE name = ?", table).toArray().length === 0
    ? 0
    : sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;

describe("the inbox", () => {
  it("knows 50,000 wamids in the order of their pages, by any delivery of them (I3)", () =>
    inInbox(({ storage, sql, reopened }) => {
      storage.transaction(() => {
        for (let n = 0; n < HISTORY; n += 1) take(storage, NOW + n * SECOND_MS, String(n));
      });
      const newest = messageIdAt(NOW + (HISTORY - 1) * SECOND_MS, String(HISTORY - 1));
      expect(rowsOf(sql, "seen_pages")).toBeLessThan(HISTORY / 40);
      const { inbox } = reopened();
      for (const n of [0, 1, 47, 48, 25_000, HISTORY - 65, HISTORY - 1]) {
        const message = stamped(NOW + n * SECOND_MS, String(n));
        expect(inbox.find(message, newest)?.[0]).toBe(message.id);
        // The time of receipt stands for a time that can't be read: it is another each time.
        const received_at = NOW + 9 * SECOND_MS * n;
        const unreadable = { ...message, received_at, at: received_at };
        const id = messageIdAt(received_at, String(n));
        expect(inbox.find({ ...unreadable, id }, newest)?.[0]).toBe(message.id);
      }
      expect(inbox.find(stamped(NOW + SECOND_MS, "99999"), newest)).toBeNull();
      expect(inbox.find(stamped(NOW + HISTORY * SECOND_MS, "99999"), newest)).toBeNull();
    }));

  it("reads no page for a message later than all it knows", () =>
    inInbox(({ storage, reopened }) => {
      storage.transaction(() => {
        for (let n = 0; n < 500; n += 1) take(storage, NOW + n * SECOND_MS, String(n));
      });
      const { inbox } = reopened();
      const newest = messageIdAt(NOW + 499 * SECOND_MS, "499");
      expect(inbox.find(stamped(NOW + 500 * SECOND_MS, "500"), newest)).toBeNull();
    }));

  it("forgets pages after 8 days, but none of their unread messages (I3, I4)", () =>
    inInbox(({ storage, sql }) => {
      for (let n = 0; n < 100; n += 1) take(storage, NOW + n, String(n), n === 7);
      const later = (now: number) => {
        for (let n = 0; n < 50; n += 1) take(storage, NOW + 100 + n, String(now + n), false, now);
      };
      later(NOW + 8 * DAY_MS - 1);
      expect(storage.inbox.find(stamped(NOW, "0"), "")).not.toBeNull();
      later(NOW + 8 * DAY_MS);
      expect(storage.inbox.find(stamped(NOW, "0"), "")).toBeNull();
      expect(storage.inbox.unread("")).toEqual({ count: 1, first: messageIdAt(NOW + 7, "7") });
      storage.inbox.applyMark(messageIdAt(NOW + 7, "7"));
      later(NOW + 9 * DAY_MS);
      expect(storage.inbox.unread("").count).toBe(0);
      expect(rowsOf(sql, "seen_pages")).toBeLessThan(6);
    }));

  it("gives a message the id that it has in D1, and leaves it to another conversation (I4)", () =>
    inInbox(({ storage: { inbox } }) => {
      const [mine, theirs] = [stamped(NOW, "1"), stamped(NOW, "2")];
      for (const each of [mine, theirs]) inbox.take(each, true, { mark: "", now: NOW });
      const held = `${messageIdAt(NOW + 500, "").slice(0, 20)}${tailOf(mine.id)}`;
      inbox.rename([held]);
      inbox.leaveToOther([theirs.id]);
      expect(inbox.unread("")).toEqual({ count: 1, first: held });
      expect(inbox.unread(held)).toEqual({ count: 0, first: null });
      expect(inbox.messageIdsFrom("").toSorted()).toEqual([theirs.id, held].toSorted());
      expect(inbox.newestMessageId()).toBe(held);
    }));

  it("knows the greatest id of each second, in pages as well (I3)", () =>
    inInbox(({ storage }) => {
      const second = NOW + 3 * SECOND_MS;
      take(storage, second, "1");
      const greater = take(storage, second + 999, "2");
      for (let n = 0; n < 100; n += 1) take(storage, second + SECOND_MS, String(10 + n));
      expect(storage.inbox.newestOfSecond(second + 500)).toBe(greater.id);
      expect(storage.inbox.newestOfSecond(second - 1)).toBeNull();
      const late = take(storage, second - 1, "4");
      expect(storage.inbox.newestOfSecond(second - 1000)).toBe(late.id);
      storage.inbox.clear();
      expect(storage.inbox.newestOfSecond(second)).toBeNull();
    }));

  it("holds messages in memory until D1 has them, a hundred at once (I2)", () =>
    inInbox(({ storage: { inbox }, sql }) => {
      const messages = Array.from({ length: 101 }, (_, n) => stamped(NOW, String(n)));
      for (const each of messages) inbox.take(each, true, { mark: "", now: NOW });
      inbox.hold(messages);
      expect(inbox.unsettled()).toEqual(messages.slice(0, 100));
      inbox.settle(messages.slice(0, 100));
      expect(inbox.unsettled()).toEqual(messages.slice(100));
      expect(rowsOf(sql, "inbox")).toBe(0);
      const dues = messages.map((each) => inbox.find(each, "")?.[2]);
      expect(dues.slice(0, 100).every((due) => due === null)).toBe(true);
      expect(dues[100]).toBe(1);
    }));

  it("stores what D1 did not take, in the form that an object of 0.1.0 brings (I2)", () =>
    inInbox(({ storage, sql, reopened }) => {
      const [message] = [takenMessage({ at: NOW, received_at: NOW + 1, sequence: 7 })];
      storage.save(storage.begin(message.phone_number_id, message.address, NOW), NOW);
      storage.transaction(() => {
        storage.inbox.take(message, true, { mark: "", now: NOW });
      });
      storage.inbox.hold([message]);
      storage.transaction(() => storage.inbox.keepHeld());
      storage.inbox.releaseHeld();
      expect(
        sql
          .exec("SELECT wamid, message_id, unread, payload FROM inbox WHERE payload IS NOT NULL")
          .toArray(),
      ).toEqual([
        {
          wamid: message.wamid,
          message_id: message.id,
          unread: 1,
          payload: JSON.stringify(message),
        },
      ]);
      const { inbox } = reopened();
      expect(inbox.hasUnsettled()).toBe(true);
      expect(inbox.unsettled()).toEqual([message]);
      expect(inbox.unread("").count).toBe(1);
      inbox.settle([message]);
      expect(inbox.hasUnsettled()).toBe(false);
      expect(rowsOf(sql, "inbox")).toBe(0);
    }));

  it("takes over the rows of an object of 0.1.0: known, unread and waiting (I2, I3, I4)", () =>
    inInbox(({ storage, sql, reopened }) => {
      const [read, unread, waiting] = ["1", "2", "3"].map((tail) => stamped(NOW, tail));
      if (!read || !unread || !waiting) throw new Error("three messages were made");
      storage.save(storage.begin(read.phone_number_id, read.address, NOW), NOW);
      for (const [message, counts, payload] of [
        [read, 0, null],
        [unread, 1, null],
        [waiting, 1, JSON.stringify(waiting)],
      ] as const) {
        sql.exec(
          "INSERT INTO inbox (wamid, message_id, unread, received_at, payload) VALUES (?, ?, ?, ?, ?)",
          message.wamid,
          message.id,
          counts,
          NOW,
          payload,
        );
      }
      for (const { inbox } of [reopened(), reopened()]) {
        for (const each of [read, unread, waiting]) expect(inbox.find(each, "")?.[0]).toBe(each.id);
        expect(inbox.unread("").count).toBe(2);
        expect(inbox.unsettled()).toEqual([waiting]);
      }
      expect(rowsOf(sql, "inbox")).toBe(1);
    }));

  it("moves to another object whole, whichever version that has (I3, I4, I8)", () =>
    inInbox(({ storage, reopened }) => {
      const taken = Array.from({ length: 200 }, (_each, n) =>
        take(storage, NOW + n, String(n), n % 2 === 0),
      );
      const inD1 = new Set(taken.slice(0, 120).map(({ id }) => id));
      storage.inbox.settle(taken.slice(0, 120));
      const mark = messageIdAt(NOW + 99, "99");
      const leaving: SeenMessage[] = [...storage.inbox.seen(mark, NOW)].flat();
      expect(leaving).toHaveLength(200);
      expect(leaving.filter(({ unread }) => unread === 1)).toHaveLength(50);
      expect(new Set(leaving.map(({ wamid }) => wamid))).toEqual(
        new Set(leaving.map(({ message_id }) => digestWamid(message_id))),
      );
      storage.inbox.clear();
      const here = take(storage, NOW + 150, "150", false);
      storage.transaction(() => storage.inbox.takeSeen(leaving, NOW));
      storage.transaction(() => storage.inbox.takeSeen(leaving, NOW));
      const { inbox } = reopened();
      expect(inbox.messageIdsFrom("")).toHaveLength(200);
      // Read in one of both is read.
      expect(inbox.find(here, "")?.[1]).toBe(0);
      expect(inbox.unread("").count).toBe(49);
      const entries: SeenEntry[] = leaving.flatMap((each) => {
        const entry = inbox.find(stamped(NOW, each.message_id.slice(-20)), "");
        return entry === null ? [] : [entry];
      });
      expect(entries.filter(([, , due]) => due === null).map(([id]) => id)).toEqual([...inD1]);
    }));

  it("is as before where a transaction fails, in memory as well", () =>
    inInbox(({ storage, reopened }) => {
      for (let n = 0; n < 60; n += 1) take(storage, NOW + n, String(n), true);
      const halfway = () =>
        storage.transaction(() => {
          for (let n = 60; n < 200; n += 1) take(storage, NOW + n, String(n), true);
          throw new Error("stopped halfway");
        });
      expect(halfway).toThrow("stopped halfway");
      for (const { inbox } of [storage, reopened()]) {
        expect(inbox.unread("").count).toBe(60);
        expect(inbox.find(stamped(NOW + 100, "100"), "")).toBeNull();
      }
      for (let n = 60; n < 200; n += 1) take(storage, NOW + n, String(n), true);
      expect(storage.inbox.unread("").count).toBe(200);
    }));
});
