import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  findConversation,
  patchConversation,
  reclaimConversation,
  redirectConversation,
} from "../../src/store/conversations.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listMessages } from "../../src/store/messages.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageRow,
  NOON,
  oneRow,
  projectRows,
} from "../support/store-rows.ts";

const database = createDatabase(env.DB);

async function newConversations(count: number) {
  const conversations = Array.from({ length: count }, () => conversationRow());
  await projectRows({ conversations, messages: conversations.map((row) => messageRow(row)) });
  return conversations.map(({ id }) => id);
}

const messagesOf = (id: string) => listMessages(database, id, { after: null, limit: 200 });

describe("I8: a conversation that became part of another", () => {
  it("leads there with all its messages, and repeating changes nothing", async () => {
    const [from = "", into = ""] = await newConversations(2);
    for (let time = 0; time < 2; time += 1) {
      await redirectConversation(database, from, into);
      expect((await findConversation(database, from))?.id).toBe(into);
      expect(await messagesOf(from)).toHaveLength(2);
      expect(await messagesOf(into)).toHaveLength(2);
      expect(await allRows("SELECT id FROM conversations WHERE id = ?", from)).toEqual([]);
    }
  });

  it("leads to the end of a chain, in whatever order it was merged", async () => {
    for (const first of ["front", "back"]) {
      const [a = "", b = "", c = ""] = await newConversations(3);
      if (first === "front") {
        await redirectConversation(database, a, b);
        await redirectConversation(database, b, c);
      } else {
        await redirectConversation(database, b, c);
        await redirectConversation(database, a, c);
      }
      for (const id of [a, b, c]) {
        expect((await findConversation(database, id))?.id).toBe(c);
        expect(await messagesOf(id)).toHaveLength(3);
      }
    }
  });

  it("moves more messages than one statement takes", async () => {
    const [from, into] = [conversationRow(), conversationRow()];
    const messages = Array.from({ length: 1201 }, () => messageRow(from));
    await projectRows({ conversations: [from, into], messages });
    const { database: recorded, record } = recordedD1(env.DB);
    await redirectConversation(createDatabase(recorded), from.id, into.id);
    const moved = await oneRow(
      "SELECT count(*) AS n FROM messages WHERE conversation_id = ?",
      into.id,
    );
    expect(moved).toEqual({ n: 1201 });
    const updates = record.statements.filter(({ sql }) => sql.includes("UPDATE messages"));
    // Three with something to move, and one that finds nothing.
    expect(updates).toHaveLength(4);
    const [update] = updates;
    const plan = await allRows(`EXPLAIN QUERY PLAN ${update?.sql}`, ...(update?.values ?? []));
    expect(plan.map(({ detail }) => String(detail)).join()).not.toMatch(/SCAN messages\b/);
  });

  it("gives what the business said of it, where the survivor has nothing", async () => {
    const [from = "", into = "", other = ""] = await newConversations(3);
    const given = async (id: string, values: Record<string, string>) => {
      const set = Object.keys(values).map((column) => `${column} = ?`);
      const patch = `UPDATE conversations SET ${set.join(", ")} WHERE id = ?`;
      await env.DB.prepare(patch)
        .bind(...Object.values(values), id)
        .run();
    };
    const named = { contact_name: "Ana", contact_folded: "ana" };
    await given(from, { owner: "vet-1", assignee: "luis", subject: "Luna", ...named });
    await given(other, { owner: "vet-2", assignee: "eva" });
    const columns =
      "SELECT owner, assignee, subject, contact_name, contact_folded FROM conversations WHERE id = ?";
    await redirectConversation(database, from, into);
    expect(await oneRow(columns, into)).toEqual({
      owner: "vet-1",
      assignee: "luis",
      subject: "Luna",
      ...named,
    });
    await redirectConversation(database, into, other);
    expect(await oneRow(columns, other)).toEqual({
      owner: "vet-2",
      assignee: "eva",
      subject: "Luna",
      ...named,
    });
    // The folded name stays with its name.
    const [another = ""] = await newConversations(1);
    await given(another, { contact_name: "Zoë" });
    await redirectConversation(database, other, another);
    expect(await oneRow(columns, another)).toMatchObject({
      contact_name: "Zoë",
      contact_folded: null,
    });
  });

  it("takes in what is still written under its old id", async () => {
    const [from, into] = [conversationRow(), conversationRow()];
    await projectRows({ conversations: [from, into] });
    await redirectConversation(database, from.id, into.id);
    await projectRows({
      conversations: [{ ...from, version: 99 }],
      messages: [messageRow(from)],
    });
    expect(await messagesOf(into.id)).toHaveLength(1);
    expect(await allRows("SELECT id FROM conversations WHERE id = ?", from.id)).toEqual([]);
  });

  it("and is taken back stands on its own again, with nobody leading in circles", async () => {
    const [phone = "", user = ""] = await newConversations(2);
    await redirectConversation(database, user, phone);
    await reclaimConversation(database, user);
    await projectRows({ conversations: [conversationRow({ id: user })] });
    await redirectConversation(database, phone, user);
    expect((await findConversation(database, user))?.id).toBe(user);
    expect((await findConversation(database, phone))?.id).toBe(user);
    expect(await messagesOf(phone)).toHaveLength(2);
  });
});

describe("a change of what only D1 has, to a conversation that is merged meanwhile", () => {
  it("reaches the one that it became part of", async () => {
    const [from, into] = [conversationRow(), conversationRow()];
    await projectRows({ conversations: [from, into] });
    await redirectConversation(database, from.id, into.id);
    const change = { assignee: "ana", subject: "Cirugía", changed_by: "clinic" };
    await patchConversation(database, from.id, change, NOON);
    expect(await findConversation(database, from.id)).toMatchObject({ id: into.id, ...change });
  });
});
