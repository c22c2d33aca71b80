import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { withInbound } from "../../../src/conversation/state/activity.ts";
import { newConversation, type TakenMessage } from "../../../src/conversation/state/state.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import { Projector } from "../../../src/conversation/sync/projector.ts";
import type { OutgoingMessage } from "../../../src/message/outgoing-message.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { listDeadLetters } from "../../../src/store/dead-letters.ts";
import { rememberErased } from "../../../src/store/erasures.ts";
import {
  newPhoneAddress,
  outgoingTemplate,
  SHOWN,
  takenMessage,
} from "../../support/conversation-messages.ts";
import { conversationAt } from "../../support/conversation-object.ts";
import { NUMBER } from "../../support/paloma.ts";
import { recordedD1 } from "../../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageRow,
  oneRow,
  projectRows,
} from "../../support/store-rows.ts";

type Bench = {
  id: string;
  storage: ConversationStorage;
  /** As after waking: it does not know what D1 has. */
  projector: (env: Env) => Projector;
  take: (messages: readonly TakenMessage[]) => void;
};

/** The storage of a fresh object that holds a conversation, and a way to put messages in. */
async function withStorage(work: (bench: Bench) => Promise<void>): Promise<void> {
  const address = newPhoneAddress();
  await runInDurableObject(conversationAt(address), async (_object, context) => {
    const storage = new ConversationStorage(context.storage);
    storage.save(newConversation(NUMBER, address, Date.now()), Date.now());
    await work({
      id: context.id.toString(),
      storage,
      projector: (given) => new Projector(storage, given, context.id.toString()),
      take(messages) {
        for (const message of messages) {
          storage.inbox.take(message, true, { mark: "", now: Date.now() });
          storage.inbox.hold([message]);
          const { state } = storage;
          if (state !== null) storage.save(withInbound(state, message), Date.now());
        }
      },
    });
  });
}

const storedIn = (id: string) =>
  oneRow("SELECT count(*) AS n FROM messages WHERE conversation_id = ?", id);

describe("what an object holds and D1 lacks (I2)", () => {
  it("is brought there, more than one batch of it, and forgotten here", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      take(Array.from({ length: 230 }, () => takenMessage()));
      await projector(env).sync();
      expect(await storedIn(id)).toEqual({ n: 230 });
      expect(storage.inbox.hasUnsettled()).toBe(false);
      const row = await oneRow("SELECT unread_count, version FROM conversations WHERE id = ?", id);
      expect(row).toEqual({ unread_count: 230, version: storage.state?.version });
    }));

  it("is asked for once: a second time D1 is left alone, until something changes", () =>
    withStorage(async ({ projector, take }) => {
      const { database, record } = recordedD1(env.DB);
      const awake = projector({ ...env, DB: database });
      await awake.sync();
      const first = record.roundTrips;
      expect(first).toBeGreaterThan(0);
      await awake.sync();
      expect(record.roundTrips).toBe(first);
      take([takenMessage()]);
      await awake.sync();
      expect(record.roundTrips).toBe(first + 1);
      // After waking nobody remembers.
      await projector({ ...env, DB: database }).sync();
      expect(record.roundTrips).toBe(first + 2);
    }));

  it("of a conversation is only what changed, once D1 has the rest, and all where D1 lost it", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      const { database, record } = recordedD1(env.DB);
      const awake = projector({ ...env, DB: database, INBOX: "off" });
      const statements = async (): Promise<number> => {
        const before = record.statements.length;
        await awake.sync();
        return record.statements.length - before;
      };
      take([takenMessage()]);
      const whole = await statements();
      take([takenMessage()]);
      expect(await statements()).toBe(2);
      const { state } = storage;
      if (state === null) throw new Error("a conversation was made");
      storage.save({ ...state, address: newPhoneAddress() }, Date.now());
      take([takenMessage()]);
      expect(await statements()).toBe(whole);
      await env.DB.prepare("DELETE FROM conversations WHERE id = ?").bind(id).run();
      take([takenMessage()]);
      await awake.sync();
      const row = await oneRow("SELECT unread_count, version FROM conversations WHERE id = ?", id);
      expect(row).toEqual({ unread_count: 4, version: storage.state?.version });
      expect(await storedIn(id)).toEqual({ n: 4 });
    }));

  it("stays here while D1 fails", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      take([takenMessage()]);
      const broken = new Proxy(env.DB, {
        get(target, name) {
          if (name === "batch") return () => Promise.reject(new Error("D1 DB is overloaded."));
          const member: unknown = Reflect.get(target, name);
          return typeof member === "function" ? member.bind(target) : member;
        },
      });
      await expect(projector({ ...env, DB: broken }).sync()).rejects.toThrow("overloaded");
      expect(storage.inbox.hasUnsettled()).toBe(true);
      await projector(env).sync();
      expect(await storedIn(id)).toEqual({ n: 1 });
    }));

  it("that D1 refuses for its content is the operator's, and holds up no other (I10)", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      const bad = takenMessage();
      // No row can do without a type.
      const typeless: TakenMessage = JSON.parse(JSON.stringify({ ...bad, type: null }));
      take([takenMessage(), typeless, takenMessage()]);
      await projector(env).sync();
      expect(await storedIn(id)).toEqual({ n: 2 });
      expect(storage.inbox.hasUnsettled()).toBe(false);
      const [letter] = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 1 });
      expect(letter).toMatchObject({ source: "message", reason: "D1 refused its content" });
      expect(JSON.parse(letter?.payload ?? "")).toMatchObject({
        conversation_id: id,
        message: { wamid: bad.wamid },
      });
    }));

  it("that D1 refuses is no letter if the person is erased before D1 keeps that", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      const send = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
      const typeless = (message: object) => JSON.parse(JSON.stringify({ ...message, type: null }));
      storage.outbox.take(typeless(send), Date.now());
      take([typeless(takenMessage({ received_at: Date.now() }))]);
      const DB = new Proxy(env.DB, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (name !== "batch") return typeof member === "function" ? member.bind(target) : member;
          return async (statements: D1PreparedStatement[]) => {
            try {
              return await target.batch(statements);
            } catch (error) {
              const erased_at = Date.now() + 1;
              await rememberErased(createDatabase(env.DB), [{ id, version: 0, erased_at }]);
              throw error;
            }
          };
        },
      });
      await projector({ ...env, DB }).sync();
      const letters = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 100 });
      expect(letters.filter(({ payload }) => payload.includes(id))).toEqual([]);
    }));

  it("and D1 refuses of our own sends holds up none of the customer's messages (I2, I10)", () =>
    withStorage(async ({ id, storage, projector, take }) => {
      const bad = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
      const typeless: OutgoingMessage = JSON.parse(JSON.stringify({ ...bad, type: null }));
      const good = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
      for (const message of [typeless, good]) storage.outbox.take(message, Date.now());
      take([takenMessage()]);
      await projector(env).sync();
      expect(await storedIn(id)).toEqual({ n: 2 });
      expect(storage.inbox.hasUnsettled() || storage.outbox.hasUnrecorded()).toBe(false);
      const [letter] = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 1 });
      expect(letter).toMatchObject({ source: "send", reason: "D1 refused its content" });
      expect(JSON.parse(letter?.payload ?? "")).toMatchObject({
        conversation_id: id,
        send: { message_id: bad.id },
      });
    }));

  it("that changed while it was on its way is brought once more (I3)", () =>
    withStorage(async ({ id, projector, take }) => {
      let batches = 0;
      const meddling = new Proxy(env.DB, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== "function") return member;
          return (...parameters: unknown[]): unknown => {
            if (name === "batch") {
              batches += 1;
              if (batches === 1) take([takenMessage()]);
            }
            return Reflect.apply(member, target, parameters);
          };
        },
      });
      take([takenMessage()]);
      await projector({ ...env, DB: meddling }).sync();
      expect(batches).toBe(2);
      expect(await storedIn(id)).toEqual({ n: 2 });
    }));

  it.each([
    ["counts there", false, 0],
    ["counts here once that one is part of this", true, 1],
  ])("of a wamid that another conversation has, %s (I4)", (_what, absorbed, unread) =>
    withStorage(async ({ id, storage, projector, take }) => {
      const message = takenMessage();
      const holder = conversationRow();
      await projectRows({
        conversations: [holder],
        messages: [messageRow(holder, { wamid: message.wamid })],
      });
      const { state } = storage;
      if (state === null) throw new Error("a conversation was made");
      storage.save({ ...state, absorbed: absorbed ? [`${holder.id}:1`] : [] }, Date.now());
      take([message]);
      await projector(env).sync();
      expect(storage.inbox.hasUnsettled()).toBe(false);
      const row = await oneRow(
        "SELECT unread_count, waiting_since FROM conversations WHERE id = ?",
        id,
      );
      expect(row).toEqual({
        unread_count: unread,
        waiting_since: unread === 0 ? null : message.at,
      });
    }),
  );

  it("is nothing where there is no conversation", async () => {
    await runInDurableObject(conversationAt(newPhoneAddress()), async (_object, context) => {
      const id = context.id.toString();
      const { database, record } = recordedD1(env.DB);
      const storage = new ConversationStorage(context.storage);
      await new Projector(storage, { ...env, DB: database }, id).sync();
      expect(record.roundTrips).toBe(0);
      expect(await allRows("SELECT id FROM conversations WHERE id = ?", id)).toEqual([]);
    });
  });
});
