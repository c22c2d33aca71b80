import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { receiveMessages } from "../../src/conversation/receive.ts";
import { messageProjection } from "../../src/conversation/state/projection.ts";
import { upkeep } from "../../src/jobs/cron.ts";
import { inboundMessageId } from "../../src/lib/ids.ts";
import { keepAccountEvents } from "../../src/store/account-events.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { eraseMessages } from "../../src/store/person.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { listOldFiles, listOldMessages, listSilentConversations } from "../../src/store/upkeep.ts";
import {
  DAY_MS,
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
} from "../support/conversation-messages.ts";
import { conversationAt, rowsIn, seenIn, withoutD1 } from "../support/conversation-object.ts";
import { fileRow } from "../support/media-files.ts";
import { eventually, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { plansOf, rowsRead } from "../support/query-plans.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageIdAt,
  messageRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";
import { newWamid } from "../support/webhook-bodies.ts";

const RETENTION_DAYS = 90;

/** Long before everything that other tests leave behind. */
const NOW = Date.UTC(2015, 5, 1, 12);
const BEFORE = NOW - RETENTION_DAYS * DAY_MS;
const OLD = BEFORE - DAY_MS;

const database = createDatabase(env.DB);

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  paloma = startPaloma();
  setRetention(String(RETENTION_DAYS));
});

afterEach(() => setRetention(""));

function setRetention(days: string): void {
  Object.defineProperty(env, "RETENTION_DAYS", { value: days, configurable: true, writable: true });
}

/** A customer's text at a time, taken by its object and brought into D1. */
async function written(address = newPhoneAddress(), at = OLD, members: { media?: string } = {}) {
  const wamid = newWamid();
  const id = await inboundMessageId(at, NUMBER, wamid);
  const payload =
    members.media === undefined
      ? { type: "text", text: { body: "Hola" } }
      : { type: "image", image: { id: members.media, mime_type: "image/png" } };
  const message = inboundMessage({
    id,
    wamid,
    at,
    received_at: at,
    address,
    person: { ...NAMELESS, wa_id: address.phone, name: "Ana" },
    type: payload.type,
    payload: JSON.stringify(payload),
  });
  await receiveMessages(env, [message]);
  const { media } = messageProjection("", message);
  return { id, wamid, address, stub: conversationAt(address), media };
}

const messageOf = (id: string) => allRows("SELECT id FROM messages WHERE id = ?", id);

const conversationOf = (phone: string) =>
  allRows("SELECT unread_count, last_message_at FROM conversations WHERE phone = ?", phone);

describe("with RETENTION_DAYS", () => {
  test("what is older goes: message, statuses, file, events, dead letters, conversation and its object", async () => {
    const { id, wamid, address, stub, media } = await written(undefined, OLD, {
      media: unique("m"),
    });
    if (media === null) throw new Error("no file");
    await env.MEDIA.put(media.id, "bytes");
    await recordStatuses(database, [
      statusRow(wamid, "sent"),
      statusRow(newWamid(), "sent", { at: OLD }),
    ]);
    const value = JSON.stringify({ filler: unique("x").padEnd(700_000) });
    const [event] = await keepAccountEvents(database, [
      {
        field: "calls",
        business_account_id: null,
        entry_time: null,
        phone_number_id: NUMBER,
        value,
        received_at: OLD,
      },
    ]);
    const letter = messageIdAt(OLD).replace("msg_", "ded_");
    await env.DB.prepare(
      "INSERT INTO dead_letters (id, source, reason, payload, created_at) VALUES (?, 'webhook', '', '{}', ?)",
    )
      .bind(letter, OLD)
      .run();
    const unused = await fileRow({ id: messageIdAt(OLD).replace("msg_", "med_") });
    await env.MEDIA.put(unused.id, "bytes");

    const error = vi.spyOn(console, "error").mockReturnValue();
    const remove = vi.spyOn(env.MEDIA, "delete").mockRejectedValue(new Error("R2 is down"));
    await upkeep(env, NOW);
    expect(error).toHaveBeenCalledWith(expect.stringContaining("erase_old_messages"));
    expect(await messageOf(id)).toHaveLength(1);
    remove.mockRestore();
    // Resumed: messages first, and then the conversation of which none is left.
    await upkeep(env, NOW);
    await upkeep(env, NOW);

    expect(await messageOf(id)).toEqual([]);
    expect(await allRows("SELECT 1 FROM message_statuses WHERE wamid = ?", wamid)).toEqual([]);
    for (const file of [media.id, unused.id]) {
      expect(await allRows("SELECT 1 FROM media WHERE id = ?", file)).toEqual([]);
      expect(await env.MEDIA.head(file)).toBeNull();
    }
    expect(await allRows("SELECT 1 FROM account_events WHERE id = ?", event?.id)).toEqual([]);
    expect(await allRows("SELECT 1 FROM oversized_values WHERE owner_id = ?", event?.id)).toEqual(
      [],
    );
    expect(await allRows("SELECT 1 FROM dead_letters WHERE id = ?", letter)).toEqual([]);
    expect(await conversationOf(address.phone)).toEqual([]);
    expect(await seenIn(stub)).toEqual([]);
    const [{ value: record } = { value: "" }] = await rowsIn<{ value: string }>(
      stub,
      "SELECT value FROM state",
    );
    expect(record).not.toContain(address.phone);
    expect(JSON.parse(record)).toMatchObject({ kind: "erased" });
  });

  test("what is younger stays, and so does what it needs", async () => {
    const { id, address, stub } = await written(undefined, BEFORE + DAY_MS);
    const old = await written(address, OLD);
    await upkeep(env, NOW);
    expect(await messageOf(old.id)).toEqual([]);
    expect(await messageOf(id)).toHaveLength(1);
    // What is gone is not unread.
    expect(await conversationOf(address.phone)).toEqual([
      { unread_count: 1, last_message_at: BEFORE + DAY_MS },
    ]);
    expect((await seenIn(stub)).filter(({ unread }) => unread)).toHaveLength(1);
  });

  test("what comes of before is ignored by the conversation that went, what comes later starts anew", async () => {
    const { address, stub } = await written();
    await upkeep(env, NOW);
    await written(address, OLD);
    expect(await conversationOf(address.phone)).toEqual([]);
    await written(address, BEFORE + DAY_MS);
    expect(await conversationOf(address.phone)).toMatchObject([{ unread_count: 1 }]);
    expect((await stub.whereabouts())?.addresses).toEqual([address]);
  });

  test("a conversation stays in which something is under way that D1 does not know", async () => {
    const { address, stub } = await written();
    const young = inboundMessage({ address, at: NOW, received_at: NOW });
    await withoutD1(() => stub.receive([young]));
    expect(await stub.erase({ at: BEFORE, onlyIfSilent: true })).toBeNull();
    expect(await stub.whereabouts()).not.toBeNull();
  });

  test("what waits to be sent stays until its time is over", async () => {
    const conversation = conversationRow({ last_message_at: NOW });
    await projectRows({ conversations: [conversation] });
    const insert = (id: string, expires_at: number) =>
      env.DB.prepare(
        `INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, body, payload, state, expires_at, created_at)
         VALUES (?, ?, ?, 'outbound', 'text', '', '{}', 'scheduled', ?, ?)`,
      )
        .bind(id, conversation.id, NUMBER, expires_at, OLD)
        .run();
    const [waiting, over] = [messageIdAt(OLD), messageIdAt(OLD)];
    await insert(waiting, NOW + DAY_MS);
    await insert(over, OLD + DAY_MS / 2);
    await upkeep(env, NOW);
    expect(await messageOf(waiting)).toHaveLength(1);
    expect(await messageOf(over)).toEqual([]);
    await eraseMessages(database, [waiting], []);
  });

  test("a long past goes step by step, 500 messages a run", async () => {
    const address = newPhoneAddress();
    const { id } = await written(address, OLD);
    const [{ conversation_id } = { conversation_id: "" }] = await allRows(
      "SELECT conversation_id FROM messages WHERE id = ?",
      id,
    );
    const conversation = { id: String(conversation_id), phone_number_id: NUMBER };
    const messages = Array.from({ length: 1200 }, (_, place) =>
      messageRow(conversation, { id: messageIdAt(OLD - 1 - place) }),
    );
    await projectRows({ messages });
    const left = async (): Promise<number> =>
      (await allRows("SELECT 1 FROM messages WHERE conversation_id = ?", conversation.id)).length;
    await upkeep(env, NOW);
    expect(await left()).toBe(701);
    const list = (asked: typeof database) => listOldMessages(asked, BEFORE, NOW);
    expect(await rowsRead(list)).toBeLessThanOrEqual(500 * 3);
    expect((await plansOf(list)).join()).toMatch(/SEARCH m USING PRIMARY KEY/);
    await upkeep(env, NOW);
    await upkeep(env, NOW);
    expect(await left()).toBe(0);
    await eventually(
      () => conversationOf(address.phone),
      (rows) => rows.length === 0,
    );
  });

  test("each step finds its rows by an index, and takes a bounded number of them", async () => {
    for (const look of [listOldMessages, listOldFiles, listSilentConversations]) {
      const plan = await plansOf((asked) => look(asked, BEFORE, NOW));
      expect(plan.filter((step) => /^SCAN (m|messages|media|conversations)\b/.test(step))).toEqual(
        [],
      );
    }
    const conversation = conversationRow();
    const messages = Array.from({ length: 500 }, () =>
      messageRow(conversation, { id: messageIdAt(OLD) }),
    );
    await projectRows({ conversations: [conversation], messages });
    const { database: recorded, record } = recordedD1(env.DB);
    await eraseMessages(
      createDatabase(recorded),
      messages.map(({ id }) => id),
      [],
    );
    // A row and its entries in the indexes of conversation and wamid.
    expect(record.rowsWritten).toBeLessThanOrEqual(500 * 3);
    expect(record.roundTrips).toBe(1);
  });
});

describe("without RETENTION_DAYS", () => {
  test.each(["", "0", "ever"])("(%j) nothing goes", async (days) => {
    setRetention(days);
    const { id } = await written();
    await upkeep(env, NOW);
    expect(await messageOf(id)).toHaveLength(1);
    setRetention(String(RETENTION_DAYS));
    await upkeep(env, NOW);
    expect(await messageOf(id)).toEqual([]);
    expect(paloma.simulator.sent).toEqual([]);
  });
});

describe("that something was erased", () => {
  test("is forgotten after 30 days", async () => {
    const at = OLD;
    const [old, young] = [unique("erased-"), unique("erased-")];
    await env.DB.prepare("INSERT INTO erasures VALUES (?, 0, ?), (?, 0, ?)")
      .bind(old, at, young, at + DAY_MS)
      .run();
    await upkeep(env, at + 30 * DAY_MS + 1);
    expect(await allRows("SELECT id FROM erasures WHERE id IN (?, ?)", old, young)).toEqual([
      { id: young },
    ]);
    await upkeep(env, at + 32 * DAY_MS);
    expect(await allRows("SELECT id FROM erasures WHERE id = ?", young)).toEqual([]);
  });
});
