import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createDatabase, d1Failure } from "../../src/store/d1.ts";
import {
  type Claim,
  claimMessage,
  claimMessages,
  listMessages,
  listStatuses,
  newestInbound,
} from "../../src/store/messages.ts";
import { findMessage } from "../../src/store/find-message.ts";
import type { MessageProjection } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageIdAt,
  messageRow,
  NOON,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const HOUR_MS = 60 * 60 * 1000;

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

/** A claim for a message of ours, its conversation's first row included. */
function claim(changes: Partial<Claim["message"]> = {}): Claim {
  const { id, kind, phone_number_id, phone } = conversationRow();
  return {
    message: {
      id: messageIdAt(NOON),
      conversation_id: id,
      phone_number_id,
      direction: "outbound",
      type: "text",
      body: "Hola",
      payload: "{}",
      state: "pending",
      sent_by: "clinic",
      created_at: NOON,
      ...changes,
    },
    conversation: {
      id,
      kind,
      phone_number_id,
      phone,
      status: "pending",
      unread_count: 0,
      last_message_at: NOON,
      version: 0,
      created_at: NOON,
      updated_at: NOON,
    },
  };
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

describe("a claim with the last digits of another message's id", () => {
  test("is refused and not lost", async () => {
    const { messages } = await chat(1);
    const taken = messages[0]?.id ?? "";
    const mine = claim({ id: taken.slice(0, 10) + "f" + taken.slice(11), created_at: NOON + 1 });
    await expect(claimMessage(database, mine)).rejects.toSatisfy(
      (error) => d1Failure(error) === "content",
    );
    expect(await findMessage(database, taken)).toMatchObject({ direction: "inbound" });
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

describe("I7: a claim", () => {
  test("makes the message's row and its conversation's, in one round trip", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    const first = claim({ metadata: '{"appointment":8812}', idempotency_key: unique("key-") });
    const row = await claimMessage(createDatabase(d1), first);
    expect(row).toMatchObject({
      ...first.message,
      state_revision: 0,
      wamid: null,
      reactions: "[]",
      conversation: { phone: first.conversation?.phone },
    });
    expect(record.roundTrips).toBe(1);
  });

  test("with a used key of the same sender gives the earlier message", async () => {
    const idempotency_key = unique("key-");
    const first = claim({ idempotency_key, request_hash: "a" });
    await claimMessage(database, first);
    const again = claim({ idempotency_key, request_hash: "b" });
    expect(await claimMessage(database, again)).toMatchObject({
      id: first.message.id,
      request_hash: "a",
    });
    expect(await findMessage(database, again.message.id)).toBeNull();
  });

  test("with a key older than 48 hours is a new message, and the old one stays", async () => {
    const idempotency_key = unique("key-");
    const at = (created_at: number) =>
      claim({ id: messageIdAt(created_at), created_at, idempotency_key });
    const first = at(NOON);
    const [early, late] = [at(NOON + 48 * HOUR_MS), at(NOON + 48 * HOUR_MS + 1)];
    await claimMessage(database, first);
    expect(await claimMessage(database, early)).toMatchObject({ id: first.message.id });
    expect(await claimMessage(database, late)).toMatchObject({ id: late.message.id });
    expect(await findMessage(database, first.message.id)).toMatchObject({ idempotency_key: null });
  });

  test("finds expired keys by their index, whatever the number of messages", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    const keyed = claim({ idempotency_key: unique("key-"), created_at: NOON + 9 * 24 * HOUR_MS });
    await claimMessage(createDatabase(d1), keyed);
    const [free] = record.statements;
    const plan = await allRows(`EXPLAIN QUERY PLAN ${free?.sql}`, ...(free?.values ?? []));
    const details = plan.map(({ detail }) => String(detail)).join("\n");
    expect(details).toContain("SEARCH messages USING INDEX messages_by_idempotency_key");
  });

  test("with the key of another sender is another message", async () => {
    const idempotency_key = unique("key-");
    const [ours, theirs] = [
      claim({ idempotency_key }),
      claim({ idempotency_key, sent_by: "sender" }),
    ];
    expect(await claimMessage(database, ours)).toMatchObject({ id: ours.message.id });
    expect(await claimMessage(database, theirs)).toMatchObject({ id: theirs.message.id });
  });

  test("without a key never finds another", async () => {
    const [one, other] = [claim(), claim()];
    expect(await claimMessage(database, one)).toMatchObject({ id: one.message.id });
    expect(await claimMessage(database, other)).toMatchObject({ id: other.message.id });
  });

  test("leaves a conversation's row that is there as it is", async () => {
    const { conversation } = await chat(1);
    const first = claim({ conversation_id: conversation.id });
    const made = { ...first.conversation, id: conversation.id, unread_count: 9 };
    await claimMessage(database, { ...first, conversation: made as Claim["conversation"] }); // oxlint-disable-line typescript/no-unsafe-type-assertion -- every member is there
    const rows = await allRows(
      "SELECT unread_count, version FROM conversations WHERE id = ?",
      conversation.id,
    );
    expect(rows).toEqual([{ unread_count: 0, version: 1 }]);
  });

  test("in a conversation that has no row finds nothing", async () => {
    expect(await claimMessage(database, { ...claim(), conversation: null })).toBeNull();
  });
});

describe("many claims", () => {
  test("answer in their order, in one round trip", async () => {
    const key = unique("key-");
    const claims = Array.from({ length: 250 }, (_, number) =>
      claim({ idempotency_key: `${key}-${number}` }),
    );
    const { database: d1, record } = recordedD1(env.DB);
    const rows = await claimMessages(createDatabase(d1), claims);
    expect(rows.map((row) => row?.id)).toEqual(claims.map(({ message }) => message.id));
    expect(record.roundTrips).toBe(1);
  });

  test("with one key among them are one message", async () => {
    const idempotency_key = unique("key-");
    const claims = [claim({ idempotency_key }), claim(), claim({ idempotency_key })];
    const rows = await claimMessages(database, claims);
    const [first, second] = claims.map(({ message }) => message.id);
    expect(rows.map((row) => row?.id)).toEqual([first, second, first]);
  });

  test("to one conversation that is new make its row once", async () => {
    const first = claim();
    const second: Claim = {
      message: { ...first.message, id: messageIdAt(NOON) },
      conversation: first.conversation,
    };
    const rows = await claimMessages(database, [first, second]);
    expect(new Set(rows.map((row) => row?.conversation_id))).toEqual(
      new Set([first.conversation?.id]),
    );
    expect(rows).toHaveLength(2);
  });

  test("none are no round trip", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    expect(await claimMessages(createDatabase(d1), [])).toEqual([]);
    expect(record.roundTrips).toBe(0);
  });
});
