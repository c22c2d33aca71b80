import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { CHANGING, restOf } from "../../src/store/project-conversations.ts";
import { eraseConversations, redirectConversation } from "../../src/store/conversations.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { type ConversationProjection, project } from "../../src/store/projection.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageRow,
  NOON,
  oneRow,
  projectRows,
  unique,
} from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const stored = (id: string) => oneRow("SELECT * FROM conversations WHERE id = ?", id);

/** Every column that a change sets again, with another value. */
function changed(conversation: ConversationProjection): ConversationProjection {
  return {
    ...conversation,
    wa_id: unique("521"),
    parent_user_id: unique("MX.ENT."),
    username: "ana.y.luna",
    profile_name: "Ana y Luna",
    profile_folded: "ana y luna ana.y.luna",
    status: "active",
    unread_count: 3,
    read_up_to: "msg_1",
    last_message_at: NOON + 1,
    last_customer_message_at: NOON + 2,
    version: 2,
    updated_at: NOON + 3,
  };
}

/** The round trips by which D1 takes an advanced conversation. */
async function advance(conversation: ConversationProjection): Promise<number> {
  const { database: d1, record } = recordedD1(env.DB);
  await project(createDatabase(d1), {
    conversations: [],
    advanced: [conversation],
    messages: [messageRow(conversation)],
    sends: [],
  });
  return record.roundTrips;
}

describe("an advanced conversation", () => {
  it("gets all that a change sets again, in one round trip", async () => {
    const before = conversationRow();
    const after = changed(before);
    expect(CHANGING.filter((column) => before[column] === after[column])).toEqual([]);
    await projectRows({ conversations: [before] });
    expect(await advance(after)).toBe(1);
    expect(await stored(before.id)).toMatchObject(after);
  });

  it("of an older version changes nothing (I3)", async () => {
    const newer = conversationRow({ version: 3, unread_count: 1 });
    await projectRows({ conversations: [newer] });
    await advance(changed(newer));
    expect(await stored(newer.id)).toMatchObject(newer);
  });

  it("is written whole where D1 has lost its row, with what its contact says", async () => {
    const after = changed(conversationRow({ phone: unique("52998") }));
    await env.DB.prepare(
      `INSERT INTO contacts (address, name, owner, created_at, updated_at)
       VALUES (?, 'Ana', 'client-7', ?2, ?2)`,
    )
      .bind(after.phone, NOON)
      .run();
    expect(await advance(after)).toBe(2);
    expect(await stored(after.id)).toMatchObject({
      ...after,
      contact_name: "Ana",
      owner: "client-7",
    });
  });

  it("does not come back once it is part of another, which gets its message (I8)", async () => {
    const [from, into] = [conversationRow(), conversationRow()];
    await projectRows({ conversations: [from, into] });
    await redirectConversation(database, from.id, into.id);
    await advance(changed(from));
    expect(await allRows("SELECT id FROM conversations WHERE id = ?", from.id)).toEqual([]);
    const messages = await allRows("SELECT id FROM messages WHERE conversation_id = ?", into.id);
    expect(messages).toHaveLength(1);
  });

  it("does not come back once it is erased", async () => {
    const before = conversationRow();
    await projectRows({ conversations: [before] });
    await rememberErased(database, [{ id: before.id, version: 2, erased_at: NOON }]);
    await eraseConversations(database, [before.id]);
    await advance(changed(before));
    expect(await allRows("SELECT id FROM conversations WHERE id = ?", before.id)).toEqual([]);
    expect(await allRows("SELECT id FROM messages WHERE conversation_id = ?", before.id)).toEqual(
      [],
    );
  });

  it("is written whole where another change of the same batch needs that", async () => {
    const before = conversationRow({ phone: unique("52") });
    await projectRows({ conversations: [before] });
    const renumbered = { ...before, phone: unique("52"), version: 2 };
    const after = { ...renumbered, unread_count: 2, version: 3 };
    await project(database, {
      conversations: [renumbered],
      advanced: [after],
      messages: [],
      sends: [],
    });
    expect(await stored(before.id)).toMatchObject(after);
  });
});

describe("the rest of a conversation", () => {
  it("is the same whatever a change sets again, and differs by everything else", () => {
    const before = conversationRow();
    expect(restOf(changed(before))).toBe(restOf(before));
    const others = Object.keys(before).filter((name) => !CHANGING.some((each) => each === name));
    for (const name of others) {
      expect(restOf({ ...before, [name]: unique("other-") })).not.toBe(restOf(before));
    }
    expect(restOf({ ...before, other_addresses: ["529981234567"] })).not.toBe(restOf(before));
  });
});
