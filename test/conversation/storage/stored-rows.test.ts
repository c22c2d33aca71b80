/** What an object stores, read by this version and by an object or a Worker of 0.1.0. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Conversation } from "../../../src/conversation/object.ts";
import { messageProjection } from "../../../src/conversation/state/projection.ts";
import { receiveMessages } from "../../../src/conversation/receive.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { project } from "../../../src/store/projection.ts";
import {
  inboundMessage,
  newPhoneAddress,
  outgoingMessage,
} from "../../support/conversation-messages.ts";
import {
  alarmOf,
  conversationAt,
  rowsIn,
  rowsInD1,
  seenIn,
  stopTheClock,
  withoutD1,
} from "../../support/conversation-object.ts";
import { NUMBER } from "../../support/paloma.ts";
import { stopObject } from "../../support/under-way.ts";

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

describe("the tables of an object", () => {
  it("are none until something happens to it", async () => {
    const stub = conversationAt(newPhoneAddress());
    expect(await stub.whereabouts()).toBeNull();
    expect(await stub.read(null)).toBeNull();
    expect(await stub.cancel("msg_unknown")).toBeNull();
    expect(await rowsIn(stub, "SELECT name FROM sqlite_schema WHERE name = 'state'")).toEqual([]);
  });

  it("are those of 0.1.0, whose object need not migrate them after a roll-back", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const address = newPhoneAddress();
    const message = inboundMessage({ address });
    await withoutD1(async () => {
      await conversationAt(address).receive([message]);
      await conversationAt(address).enqueue([outgoingMessage()], address);
    });
    await runInDurableObject(conversationAt(address), (_object, { storage: { sql } }) => {
      // Word for word what that object asks for.
      sql.exec("CREATE TABLE IF NOT EXISTS _migrations (number INTEGER PRIMARY KEY)");
      expect(sql.exec("SELECT count(*) AS n FROM _migrations").one()).toEqual({ n: 3 });
      expect(
        sql
          .exec(
            `SELECT wamid, message_id, unread, received_at, payload FROM inbox
             WHERE payload IS NOT NULL ORDER BY received_at LIMIT 100`,
          )
          .toArray(),
      ).toMatchObject([{ wamid: message.wamid, message_id: message.id, unread: 1 }]);
      expect(
        sql
          .exec(
            `SELECT message_id, stage, ready_at, due_at, attempts, message, report, revision,
               recorded, created_at, slot_at FROM outbox`,
          )
          .toArray(),
      ).toHaveLength(1);
      const { value } = sql.exec<{ value: string }>("SELECT value FROM state").one();
      expect(JSON.parse(value)).toMatchObject({
        kind: "live",
        state: { unread_count: 1, newest_id: message.id, version: 1 },
        leaving: null,
      });
    });
    expect(await alarmOf(conversationAt(address))).not.toBeNull();
  });
});

describe("the row of this version", () => {
  it("is read as it stands: known, unread, and due in D1 (I2, I3, I4)", async () => {
    const address = newPhoneAddress();
    const at = Date.now() - 60_000;
    const [paged, read, due] = [1, 2, 3].map((n) =>
      inboundMessage({ address, at: at + n, received_at: at }),
    );
    if (!paged || !read || !due) throw new Error("three messages were made");
    await runInDurableObject(conversationAt(address), (_object, { storage: { sql } }) => {
      sql.exec(
        "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL) STRICT",
      );
      sql.exec(
        `CREATE TABLE inbox (wamid TEXT PRIMARY KEY, message_id TEXT NOT NULL,
           unread INTEGER NOT NULL, received_at INTEGER NOT NULL, payload TEXT) STRICT, WITHOUT ROWID`,
      );
      sql.exec(
        `CREATE TABLE outbox (message_id TEXT PRIMARY KEY, stage TEXT NOT NULL,
           ready_at INTEGER NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
           message TEXT, report TEXT NOT NULL, revision INTEGER NOT NULL,
           recorded INTEGER NOT NULL, created_at INTEGER NOT NULL, slot_at INTEGER
         ) STRICT, WITHOUT ROWID`,
      );
      sql.exec("CREATE VIEW _migrations (number) AS VALUES (0), (1), (2)");
      sql.exec(
        `CREATE TABLE seen_pages (number INTEGER PRIMARY KEY, first_id TEXT NOT NULL,
           last_id TEXT NOT NULL, unread INTEGER NOT NULL, kept_at INTEGER NOT NULL,
           entries TEXT NOT NULL) STRICT`,
      );
      sql.exec(
        "INSERT INTO seen_pages VALUES (1, ?1, ?1, 1, ?2, json_array(json_array(?1, 1, NULL)))",
        paged.id,
        at,
      );
      sql.exec(
        "INSERT INTO state (id, value) VALUES (1, ?)",
        `{"kind":"live","state":{"phone_number_id":"${NUMBER}",
          "address":{"kind":"phone","phone":"${address.phone}"},
          "person":{"wa_id":null,"user_id":null,"parent_user_id":null,"username":null,"name":null},
          "status":"pending","unread_count":2,"read_up_to":"","newest_id":"${due.id}",
          "last_message_at":${at},"last_customer_message_at":${at},"pair_rate_at":0,"links":[],
          "phones":{},"found_by_more":false,"absorbed":[],"sequence":4,"events":[],"version":3,
          "created_at":${at},"updated_at":${at}},"leaving":null,
          "seen":[["${read.id}",0,null],["${due.id}",1,4]]}`,
      );
    });
    await evictDurableObject(conversationAt(address));
    expect(await receiveMessages(env, [paged, read, due])).toEqual([]);
    const stored = () =>
      rowsInD1<{ id: string }>(
        "SELECT id FROM messages WHERE wamid IN (?, ?, ?)",
        paged.wamid,
        read.wamid,
        due.wamid,
      );
    // Of the others it knows that D1 has them.
    expect(await stored()).toEqual([{ id: due.id }]);
    expect((await conversationAt(address).read(paged.id))?.conversation.unread_count).toBe(1);
    expect((await conversationAt(address).read(null))?.conversation.unread_count).toBe(0);
  });
});

describe("a Worker of 0.1.0 at an object of this version", () => {
  it("writes again what the object wrote, and changes nothing (I3, I4)", async () => {
    const address = newPhoneAddress();
    const stub = () => conversationAt(address);
    const messages = [inboundMessage({ address }), inboundMessage({ address })];
    for (let delivery = 0; delivery < 2; delivery += 1) {
      for (const received of await stub().receive(messages)) {
        const { conversation, fresh, placed, unsettled, events } = received;
        expect({ unsettled, events }).toEqual({ unsettled: [], events: [] });
        const ids = new Map(placed.map(({ wamid, id }) => [wamid, id]));
        const { held } = await project(createDatabase(env.DB), {
          conversations: [conversation],
          messages: messages
            .filter(({ wamid }) => fresh.includes(wamid))
            .map((message) =>
              messageProjection(conversation.id, {
                ...message,
                id: ids.get(message.wamid) ?? message.id,
              }),
            ),
          sends: [],
        });
        expect(held).toEqual([]);
        const settle: unknown = Reflect.get(stub(), "settle");
        if (typeof settle !== "function") throw new Error("the object can't be told");
        const { id, version } = conversation;
        await settle({ id, version, wamids: fresh, sends: [], events: [] });
      }
    }
    const rows = await rowsInD1(
      `SELECT unread_count, (SELECT count(*) FROM messages WHERE conversation_id = c.id) AS n
       FROM conversations AS c WHERE id = ?`,
      stub().id.toString(),
    );
    expect(rows).toEqual([{ unread_count: 2, n: 2 }]);
    expect(await seenIn(stub())).toHaveLength(2);
  });
});

describe("an object that stops between its commit and D1", () => {
  it.each(["evicted", "aborted"])(
    "brings the message when Meta delivers it again, under the same number (%s; I2, I3, I4)",
    async (how) => {
      vi.spyOn(console, "error").mockReturnValue();
      const address = newPhoneAddress();
      const stub = () => conversationAt(address);
      const [first, second] = [inboundMessage({ address }), inboundMessage({ address })];
      await receiveMessages(env, [first]);
      // Only the commit, as if nothing came after it.
      await runInDurableObject(stub(), (_object: Conversation, { storage }) => {
        const { value } = storage.sql.exec<{ value: string }>("SELECT value FROM state").one();
        const row = JSON.parse(value);
        row.seen.push([second.id, 1, row.state.sequence + 1]);
        row.state = {
          ...row.state,
          sequence: row.state.sequence + 1,
          unread_count: 2,
          newest_id: second.id,
          version: row.state.version + 1,
        };
        storage.sql.exec("UPDATE state SET value = ?", JSON.stringify(row));
      });
      if (how === "evicted") await evictDurableObject(stub());
      else await stopObject(stub());
      expect(await receiveMessages(env, [first, second])).toEqual([]);
      expect(await alarmOf(stub())).toBeNull();
      const rows = await rowsInD1(
        `SELECT unread_count, (SELECT count(*) FROM messages WHERE conversation_id = c.id) AS n
         FROM conversations AS c WHERE id = ?`,
        stub().id.toString(),
      );
      expect(rows).toEqual([{ unread_count: 2, n: 2 }]);
    },
  );
});
