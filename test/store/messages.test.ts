import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { listMessages, listStatuses, newestInbound } from "../../src/store/messages.ts";
import { findMessage } from "../../src/store/find-message.ts";
import type { MessageProjection } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  conversationRow,
  messageIdAt,
  messageRow,
  NOON,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

/** A conversation with inbound texts a second apart, oldest first. */
async function chat(texts: number, changes: Partial<MessageProjection> = {}) {
  const conversation = conversationRow();
  const messages = Array.from({ length: texts }, (_, number) =>
    messageRow(conversation, { created_at: NOON + number * 1000, ...changes }),
  );
  await projectRows({ conversations: [conversation], messages });
  return { conversation, messages };
}

describe("a message from Meta by wamid", () => {
  test("is found on a business number that no look-up has seen", async () => {
    for (const phone_number_id of [unique("number-"), unique("number-")]) {
      const conversation = conversationRow({ phone_number_id });
      const [first, second] = [messageRow(conversation), messageRow(conversation)];
      const { database: recorded, record } = recordedD1(env.DB);
      const fresh = createDatabase(recorded);
      expect(await findMessage(fresh, first.wamid)).toBeNull();
      await projectRows({ conversations: [conversation], messages: [first, second] });
      const found = [first, second].map(({ wamid }) => findMessage(fresh, wamid));
      expect(await Promise.all(found)).toMatchObject([{ id: first.id }, { id: second.id }]);
      const before = record.roundTrips;
      expect(await findMessage(fresh, first.wamid)).toMatchObject({ id: first.id });
      expect(record.roundTrips - before).toBe(1);
    }
  });
});

describe("a conversation's messages", () => {
  test("come newest first, those of one moment by id", async () => {
    const conversation = conversationRow();
    const messages = [2, 0, 1, 1].map((second) =>
      messageRow(conversation, { created_at: NOON + second * 1000 }),
    );
    await projectRows({ conversations: [conversation], messages });
    const rows = await listMessages(database, conversation.id, { after: null, limit: 9 });
    expect(idsOf(rows)).toEqual(idsOf(messages).toSorted().toReversed());
    expect(rows.map(({ created_at }) => created_at - NOON)).toEqual([2000, 1000, 1000, 0]);
  });

  test("go on behind a cursor while messages arrive, none twice and none lost", async () => {
    const { conversation, messages } = await chat(7);
    const seen: string[] = [];
    for (;;) {
      const after = seen.at(-1) ?? null;
      const page = await listMessages(database, conversation.id, { after, limit: 3 });
      if (page.length === 0) break;
      seen.push(...idsOf(page));
      await projectRows({ messages: [messageRow(conversation, { created_at: NOON + 60_000 })] });
    }
    expect(seen).toEqual(idsOf(messages).toReversed());
  });

  test("show nobody else's, and carry what their display needs", async () => {
    const [{ conversation }, other] = [await chat(1), await chat(1)];
    const rows = await listMessages(database, other.conversation.id, { after: null, limit: 9 });
    expect(idsOf(rows)).toEqual(idsOf(other.messages));
    expect(rows[0]?.conversation).toEqual({
      phone: other.conversation.phone,
      wa_id: null,
      user_id: null,
      username: null,
      profile_name: null,
      contact_name: null,
      read_up_to: null,
    });
    expect(conversation.id).not.toBe(other.conversation.id);
  });
});

describe("a message", () => {
  test("is found by our id and by wamid", async () => {
    const { messages } = await chat(1);
    const [message] = messages;
    for (const reference of [message?.id ?? "", message?.wamid ?? ""]) {
      expect(await findMessage(database, reference)).toMatchObject({ id: message?.id });
    }
  });

  test.each(["", "msg_", "wamid.unknown", "' OR '1'='1", "\u0000", "🐕"])(
    "is not found by %j",
    async (reference) => {
      await chat(1);
      expect(await findMessage(database, reference)).toBeNull();
    },
  );
});

describe("the newest message from the customer", () => {
  test("is no message of ours, and none behind the given one", async () => {
    const { conversation, messages } = await chat(3);
    const echo = messageRow(conversation, {
      direction: "outbound",
      state: "accepted",
      created_at: NOON + 60_000,
    });
    await projectRows({ messages: [echo] });
    const [first, second, third] = messages;
    const newest = async (upTo: string | null) =>
      (await newestInbound(database, conversation.id, upTo))?.id;
    expect(await newest(null)).toBe(third?.id);
    expect(await newest(echo.id)).toBe(third?.id);
    expect(await newest(second?.id ?? "")).toBe(second?.id);
    expect(await newest(messageIdAt(NOON + 500))).toBe(first?.id);
    expect(await newest(messageIdAt(NOON - 500))).toBeUndefined();
  });
});

describe("a message's statuses", () => {
  test("come oldest first, those of one second in their usual order, and another number's not at all", async () => {
    const wamid = unique("wamid.");
    await recordStatuses(database, [
      statusRow(wamid, "read", { at: NOON + 2 }),
      statusRow(wamid, "sent", { at: NOON + 1 }),
      statusRow(wamid, "delivered", { at: NOON + 1, participant: "5219982220001" }),
      { ...statusRow(wamid, "failed"), phone_number_id: OTHER_NUMBER },
    ]);
    const { phone_number_id } = conversationRow();
    const statuses = await listStatuses(database, { wamid, phone_number_id });
    expect(statuses.map(({ status, at, participant }) => [status, at, participant])).toEqual([
      ["sent", NOON + 1, ""],
      ["delivered", NOON + 1, "5219982220001"],
      ["read", NOON + 2, ""],
    ]);
  });
});
