import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  conversationsOf,
  findConversation,
  patchConversation,
} from "../../src/store/conversations.ts";
import {
  type ConversationFilter,
  type ConversationPosition,
  listConversations,
} from "../../src/store/conversation-lists.ts";
import { createDatabase } from "../../src/store/d1.ts";
import type { ListedConversation } from "../../src/store/listed-conversation.ts";
import type { ConversationProjection } from "../../src/store/projection.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";
import { conversationRow, NOON, projectRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

/** Later than whatever else the tests leave behind, so that it stands on a first page. */
const LATE = NOON * 3;

const idsOf = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

const positionOf = (row: ListedConversation | undefined): ConversationPosition | null =>
  row === undefined ? null : { last_message_at: row.last_message_at, id: row.id };

async function stored(changes: Partial<ConversationProjection> = {}) {
  const conversation = conversationRow(changes);
  await projectRows({ conversations: [conversation] });
  return conversation;
}

describe("a list of conversations", () => {
  test("is newest first by last message, then by id", async () => {
    const phone_number_id = unique("number-");
    const make = (id: string, last_message_at: number) =>
      stored({ id: `${phone_number_id}-${id}`, phone_number_id, last_message_at });
    await make("b", NOON);
    await make("a", NOON + 1);
    await make("c", NOON);
    const filters: ConversationFilter[] = [{ by: "phone_number_id", phone_number_id }];
    const rows = await listConversations(database, { filters, after: null, limit: 9 });
    expect(idsOf(rows)).toEqual(["a", "c", "b"].map((id) => `${phone_number_id}-${id}`));
  });

  test("goes on behind its cursor while conversations arrive, none twice and none lost", async () => {
    const phone_number_id = unique("number-");
    const filters: ConversationFilter[] = [{ by: "phone_number_id", phone_number_id }];
    const all: ConversationProjection[] = [];
    for (let number = 0; number < 7; number += 1) {
      // Two share each time: the id decides between them.
      all.push(await stored({ phone_number_id, last_message_at: NOON + Math.floor(number / 2) }));
    }
    const seen: ListedConversation[] = [];
    for (;;) {
      const after = positionOf(seen.at(-1));
      const page = await listConversations(database, { filters, after, limit: 3 });
      if (page.length === 0) break;
      seen.push(...page);
      await stored({ phone_number_id, last_message_at: NOON + 1000 });
    }
    const expected = all.toSorted(
      (a, b) => b.last_message_at - a.last_message_at || (a.id < b.id ? 1 : -1),
    );
    expect(idsOf(seen)).toEqual(idsOf(expected));
  });

  test("behind the last one is empty", async () => {
    const { phone_number_id, last_message_at, id } = await stored({
      phone_number_id: unique("number-"),
    });
    const filters: ConversationFilter[] = [{ by: "phone_number_id", phone_number_id }];
    const after = { last_message_at, id };
    expect(await listConversations(database, { filters, after, limit: 9 })).toEqual([]);
  });

  test("of everything begins with the newest", async () => {
    const newest = await stored({ last_message_at: LATE * 2 });
    const rows = await listConversations(database, {
      filters: [],
      after: null,
      limit: 1,
    });
    expect(idsOf(rows)).toEqual([newest.id]);
  });
});

describe("each filter shows its own and no other", () => {
  const list = async (filter: ConversationFilter) =>
    idsOf(await listConversations(database, { filters: [filter], after: null, limit: 200 }));

  test.each(["pending", "active", "closed"] as const)("status %s", async (status) => {
    const [own, other] = [
      await stored({ status, last_message_at: LATE }),
      await stored({
        status: status === "closed" ? "pending" : "closed",
        last_message_at: LATE,
      }),
    ];
    const ids = await list({ by: "status", status });
    expect(ids).toContain(own.id);
    expect(ids).not.toContain(other.id);
  });

  test("unread", async () => {
    const [own, other] = [
      await stored({ unread_count: 2, last_message_at: LATE }),
      await stored({ unread_count: 0, last_message_at: LATE }),
    ];
    const ids = await list({ by: "unread" });
    expect(ids).toContain(own.id);
    expect(ids).not.toContain(other.id);
  });

  test("owner", async () => {
    const owner = unique("client-");
    const [own] = [await stored(), await stored()];
    await patchConversation(database, own.id, { owner, changed_by: "clinic" }, NOON);
    expect(await list({ by: "owner", owner })).toEqual([own.id]);
  });

  test("phone, on every business number", async () => {
    const phone = unique("52");
    const one = await stored({ phone, last_message_at: NOON + 1 });
    const other = await stored({ phone, phone_number_id: OTHER_NUMBER });
    await stored();
    expect(await list({ by: "phone", phone })).toEqual([one.id, other.id]);
  });

  test("BSUID, also where it stood for a phone before", async () => {
    const user_id = unique("MX.");
    const own = await stored({ user_id, last_message_at: NOON + 1 });
    const asPhone = await stored({ phone: user_id });
    await stored();
    expect(await list({ by: "user", user_id })).toEqual([own.id, asPhone.id]);
  });

  test("what else a person is known by, until that is told no more (I8)", async () => {
    const [dialled, before] = [unique("225"), unique("CI.")];
    const own = await stored({ other_addresses: [dialled, before], version: 1 });
    expect(await list({ by: "phone", phone: dialled })).toEqual([own.id]);
    expect(await list({ by: "user", user_id: before })).toEqual([own.id]);
    // What comes late tells nothing.
    await stored({ ...own, version: 3, other_addresses: [before] });
    await stored({ ...own, version: 2, other_addresses: [dialled] });
    expect(await list({ by: "phone", phone: dialled })).toEqual([]);
    expect(await list({ by: "user", user_id: before })).toEqual([own.id]);
    const heir = await stored({ other_addresses: [before] });
    expect(await list({ by: "user", user_id: before })).toEqual([heir.id]);
  });

  test("an identity that is neither, wherever it stands", async () => {
    const identity = unique("Ñ verbatim ");
    const asPhone = await stored({ phone: identity, last_message_at: NOON + 1 });
    const asUser = await stored({ user_id: identity });
    await stored();
    expect(await list({ by: "verbatim", identity })).toEqual([asPhone.id, asUser.id]);
  });
});

describe("one person's conversations", () => {
  test("come newest first, by phone and by BSUID", async () => {
    const [phone, user_id] = [unique("52"), unique("MX.")];
    const older = await stored({ phone, user_id });
    const newer = await stored({ phone, last_message_at: NOON + 1, phone_number_id: OTHER_NUMBER });
    expect(idsOf(await conversationsOf(database, { phone }))).toEqual([newer.id, older.id]);
    expect(idsOf(await conversationsOf(database, { user_id }))).toEqual([older.id]);
    expect(await conversationsOf(database, { phone: unique("52") })).toEqual([]);
  });
});

describe("what belongs to D1 alone", () => {
  test("is set member by member, and null clears", async () => {
    const { id } = await stored();
    await patchConversation(database, id, { owner: "client-1", changed_by: "clinic" }, NOON + 1);
    await patchConversation(
      database,
      id,
      { subject: "Cirugía 🐈", changed_by: "clinic" },
      NOON + 2,
    );
    expect(await findConversation(database, id)).toMatchObject({
      owner: "client-1",
      subject: "Cirugía 🐈",
      updated_at: NOON + 2,
    });
    await patchConversation(
      database,
      id,
      { owner: null, subject: null, changed_by: "clinic" },
      NOON + 3,
    );
    expect(await findConversation(database, id)).toMatchObject({ owner: null, subject: null });
  });

  test("of an unknown conversation is nothing", async () => {
    await patchConversation(database, "nobody", { owner: "client-1", changed_by: "clinic" }, NOON);
    expect(await findConversation(database, "nobody")).toBeNull();
  });
});
