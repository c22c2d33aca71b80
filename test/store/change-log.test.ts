/** Each batch that changes what the inbox shows names it in the log, in its own transaction. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { tailOf } from "../../src/lib/ids.ts";
import { changesAfter } from "../../src/api/inbox/changes.ts";
import {
  type ChangesSince,
  expireChanges,
  newestChange,
  readChanges,
} from "../../src/store/changes.ts";
import {
  eraseConversations,
  patchConversation,
  reclaimConversation,
  redirectConversation,
} from "../../src/store/conversations.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { recordArchiveError, recordStored } from "../../src/store/media.ts";
import { eraseMessages } from "../../src/store/person.ts";
import { project, type Projection } from "../../src/store/projection.ts";
import { insertFallback } from "../../src/store/sends.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { dropPlaceholders, failUnconfirmed } from "../../src/store/upkeep.ts";
import { NUMBER } from "../support/paloma.ts";
import {
  acceptedSend,
  allRows,
  claimOutbound,
  conversationRow,
  idOfWamid,
  messageIdAt,
  messageRow,
  NOON,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const database = createDatabase(env);
const HOUR_MS = 60 * 60 * 1000;

let seq: number;

beforeEach(async () => {
  seq = await newestChange(database);
});

const write = (rows: Partial<Projection>) =>
  project(database, { conversations: [], messages: [], sends: [], ...rows });

/** The ids that the log has named since the last look, and by how many rows. */
async function named(): Promise<ChangesSince & { rows: number }> {
  const since = await readChanges(database, seq);
  const rows = since.to - seq;
  seq = since.to;
  return { ...since, rows };
}

const naming = (ids: { conversations?: string[]; messages?: string[] }) => ({
  kind: "changes",
  rows: 1,
  ids: {
    conversations: expect.toSatisfy(sameAs(ids.conversations ?? [])),
    messages: expect.toSatisfy(sameAs(ids.messages ?? [])),
    templates: false,
  },
});

const sameAs = (expected: readonly string[]) => (given: readonly string[]) =>
  given.length === expected.length && expected.every((id) => given.includes(id));

/** A conversation with some messages in D1, as of now in the log. */
async function known(count = 1, changes: Parameters<typeof messageRow>[1] = {}) {
  const conversation = conversationRow();
  const messages = Array.from({ length: count }, () => messageRow(conversation, changes));
  await write({ conversations: [conversation], messages });
  await named();
  return { conversation, messages, message: messages[0] ?? messageRow(conversation) };
}

const file = () => ({
  id: unique("med_"),
  meta_id: unique("m"),
  meta_expires_at: NOON + HOUR_MS,
  mime_type: "image/jpeg",
  sha256: null,
  filename: null,
});

describe("one row names", () => {
  it("what an object brings, however many conversations", async () => {
    const conversations = Array.from({ length: 30 }, () => conversationRow());
    const messages = conversations.map((conversation) => messageRow(conversation));
    await write({ conversations, messages });
    expect(await named()).toMatchObject(
      naming({
        conversations: conversations.map(({ id }) => id),
        messages: messages.map(({ id }) => id),
      }),
    );
  });

  it("the targets of a reaction, received or sent", async () => {
    const { conversation, messages } = await known(2);
    const [target, other] = messages;
    const reaction = messageRow(conversation, {
      type: "reaction",
      target_wamid: target?.wamid ?? "",
    });
    await write({ messages: [reaction] });
    expect(await named()).toMatchObject(naming({ messages: [reaction.id, target?.id ?? ""] }));
    const id = messageIdAt(NOON);
    const details = {
      phone_number_id: conversation.phone_number_id,
      type: "reaction",
      body: "🐾",
      payload: "{}",
      media_id: null,
      target_wamid: other?.wamid ?? "",
      metadata: null,
      biz_opaque_callback_data: null,
      sent_by: "ana",
      request_hash: null,
      send_options: "{}",
      resend_of: null,
      fallback_of: null,
      send_at: null,
      expires_at: NOON + HOUR_MS,
      created_at: NOON,
    };
    await write({ sends: [{ ...acceptedSend(conversation, { id }), details }] });
    const sent = await named();
    expect(sent).toMatchObject({ kind: "changes" });
    expect("ids" in sent ? new Set(sent.ids.messages) : null).toEqual(new Set([id, other?.id]));
  });

  it("a send under its new id and under the one that it had", async () => {
    const { id, conversation } = await claimOutbound();
    await named();
    const placed = `${messageIdAt(NOON + 5).slice(0, 20)}${tailOf(id)}`;
    await write({ sends: [acceptedSend(conversation, { id: placed })] });
    expect(await named()).toMatchObject(
      naming({ messages: [placed, id], conversations: [conversation.id] }),
    );
    const frame = JSON.parse((await changesAfter(database, seq - 1, NOON)).text);
    expect(frame).toMatchObject({ gone: [id], messages: [{ id: placed }] });
  });

  it("the messages of statuses by wamid and by our id, and none that nobody knows", async () => {
    const { message } = await known(1, { direction: "outbound", state: "accepted" });
    const claimed = await claimOutbound({ phone_number_id: message.phone_number_id });
    await named();
    const wamid = unique("wamid.");
    await recordStatuses(database, [
      statusRow(message.wamid, "delivered"),
      statusRow(wamid, "sent", { message_id: claimed.id }),
      statusRow(unique("wamid."), "sent"),
    ]);
    expect(await named()).toMatchObject(naming({ messages: [message.id, claimed.id] }));
    await recordStatuses(database, [statusRow(unique("wamid."), "sent")]);
    expect(await named()).toMatchObject({ rows: 0 });
  });

  it("the messages of statuses that changed something, and none of a body that comes again", async () => {
    const { messages } = await known(2, { direction: "outbound", state: "accepted" });
    const body = messages.map(({ wamid }) => statusRow(wamid, "delivered"));
    const [first, second] = messages;
    await recordStatuses(database, body);
    expect(await named()).toMatchObject(naming({ messages: messages.map(({ id }) => id) }));
    await recordStatuses(database, body);
    expect(await named()).toMatchObject({ rows: 0 });
    // Of the same second, with another content: the same one stands in the end in any order.
    const other = { ...statusRow(first?.wamid ?? "", "delivered"), payload: '{"a":1}' };
    await recordStatuses(database, [other]);
    expect(await named()).toMatchObject(naming({ messages: [first?.id ?? ""] }));
    const early = { ...statusRow(second?.wamid ?? "", "delivered"), at: 1 };
    await recordStatuses(database, [early]);
    expect(await named()).toMatchObject(naming({ messages: [second?.id ?? ""] }));
    const lost = await claimOutbound({ phone_number_id: NUMBER });
    const wamid = unique("wamid.");
    await recordStatuses(database, [statusRow(wamid, "sent")]);
    await named();
    await recordStatuses(database, [statusRow(wamid, "sent", { message_id: lost.id })]);
    expect(await named()).toMatchObject(naming({ messages: [lost.id] }));
    // Their customer may have been erased long ago, and have begun anew.
    const anew = await claimOutbound({ phone_number_id: NUMBER });
    const id = unique("erased-");
    await rememberErased(database, [{ id, version: 0, erased_at: 1 }]);
    const ours = { message_id: anew.id };
    const status = { ...statusRow(unique("wamid."), "sent", ours), erasure_ids: [id] };
    expect((await recordStatuses(database, [status])).known).toMatchObject([ours]);
  });

  it("what staff or a merge change of a conversation", async () => {
    const { conversation } = await known();
    await patchConversation(database, conversation.id, { owner: "7", changed_by: "ana" }, NOON);
    expect(await named()).toMatchObject(naming({ conversations: [conversation.id] }));
  });

  it("each step of a merge, and its undoing", async () => {
    const [from, into] = [await known(3), await known(1)];
    await redirectConversation(database, from.conversation.id, into.conversation.id);
    const log = await allRows("SELECT changed FROM changes WHERE seq > ? ORDER BY seq", seq);
    const both = [from.conversation.id, into.conversation.id];
    const moved = from.messages.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1));
    const steps = log.map(({ changed }) => JSON.parse(String(changed)));
    expect(steps).toEqual([{ c: both }, { c: [], m: moved }, { c: both }]);
    const frame = JSON.parse((await changesAfter(database, seq, NOON)).text);
    expect(frame).toMatchObject({
      gone: [from.conversation.id],
      conversations: [{ id: into.conversation.id }],
    });
    expect(frame.messages).toHaveLength(3);
    await named();
    await reclaimConversation(database, from.conversation.id);
    expect(await named()).toMatchObject(naming({ conversations: [from.conversation.id] }));
  });

  it("a file's messages once it is stored, and each new reason why it is not", async () => {
    const media = file();
    const { message } = await known(1, { media });
    await recordArchiveError(database, media.id, "refused");
    expect(await named()).toMatchObject(naming({ messages: [message.id] }));
    await recordArchiveError(database, media.id, "refused");
    expect(await named()).toMatchObject({ rows: 0 });
    const stored = { size_bytes: 3, sha256: "0".repeat(64), stored_at: NOON };
    expect(await recordStored(database, media.id, stored)).toBe(true);
    expect(await named()).toMatchObject(naming({ messages: [message.id] }));
    expect(await recordStored(database, unique("med_"), stored)).toBe(false);
    expect(await named()).toMatchObject({ rows: 0 });
  });

  it("erased messages, their conversations, and others that carried their files", async () => {
    const media = file();
    const { conversation, message } = await known(1, { media });
    const other = await known(1, { media: { ...file(), id: media.id } });
    await eraseMessages(database, [message.id], [media.id]);
    expect(await named()).toMatchObject(
      naming({
        messages: [message.id, other.message.id],
        conversations: [conversation.id],
      }),
    );
    await eraseConversations(database, [conversation.id, unique("nobody")]);
    expect(await named()).toMatchObject(naming({ conversations: [conversation.id] }));
  });

  it("a fallback, a send given up, and a conversation that nobody began", async () => {
    const { id } = await claimOutbound();
    await named();
    const fallback = messageIdAt(NOON + 1);
    const own = { type: "template", body: "Hola", payload: "{}", send_options: "{}" };
    await insertFallback(database, {
      id: fallback,
      fallback_of: id,
      media_id: null,
      expires_at: NOON + HOUR_MS,
      created_at: NOON,
      ...own,
    });
    expect(await named()).toMatchObject(naming({ messages: [fallback] }));
    await failUnconfirmed(database, [id], NOON);
    expect(await named()).toMatchObject(naming({ messages: [id] }));
    const unspoken = conversationRow({ version: 0, created_at: NOON });
    await write({ conversations: [unspoken] });
    await named();
    await dropPlaceholders(database, NOON + 1);
    const dropped = await named();
    expect("ids" in dropped ? dropped.ids.conversations : []).toContain(unspoken.id);
  });
});

describe("a batch that D1 refuses", () => {
  it("leaves no row", async () => {
    const { conversation, message } = await known();
    // Another message with the same last digits.
    const same = { ...messageRow(conversation), id: message.id };
    await expect(write({ messages: [same] })).rejects.toThrow("constraint");
    expect(await named()).toMatchObject({ rows: 0 });
  });
});

describe("more than a page takes at once", () => {
  const resets = async () => JSON.parse((await changesAfter(database, seq, NOON)).text);

  it("is a reset: more than 100 conversations", async () => {
    const conversations = Array.from({ length: 100 }, () => conversationRow());
    await write({ conversations });
    expect((await resets()).conversations).toHaveLength(100);
    await write({ conversations: [conversationRow()] });
    expect(await resets()).toEqual({ t: "reset", seq: seq + 2 });
  });

  it("is a reset: more than 200 messages", async () => {
    const { conversation } = await known();
    const messages = Array.from({ length: 200 }, () => messageRow(conversation));
    await write({ messages });
    expect((await resets()).messages).toHaveLength(200);
    await write({ messages: [messageRow(conversation)] });
    expect(await resets()).toEqual({ t: "reset", seq: seq + 2 });
  });

  it("is a reset: more than 256 KiB", async () => {
    const { conversation } = await known();
    // Two bytes a letter, twice: the conversation shows it as its last message.
    const long = (characters: number, created_at: number) =>
      messageRow(conversation, { body: "ñ".repeat(characters), payload: "{}", created_at });
    await write({ messages: [long(60_000, NOON + 1000)] });
    expect((await resets()).messages).toHaveLength(1);
    await write({ messages: [long(60_000, NOON + 2000)] });
    expect(await resets()).toEqual({ t: "reset", seq: seq + 2 });
  });

  it("is a reset: more than 500 rows, or more ids in one than any page is sent", async () => {
    const insert = (changed: string, times: number) =>
      env.DB.prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO changes (changed, at) SELECT ?1, 0 FROM n`,
      )
        .bind(changed, times)
        .run();
    await insert('{"c":["x"]}', 500);
    expect(await resets()).toMatchObject({ t: "changes", gone: ["x"], to: seq + 500 });
    await insert('{"c":["x"]}', 1);
    expect(await resets()).toEqual({ t: "reset", seq: seq + 501 });
    seq += 501;
    const { conversation } = await known(600);
    const ids = (
      await allRows("SELECT id FROM messages WHERE conversation_id = ?", conversation.id)
    ).map(({ id }) => String(id));
    const { length } = ids;
    expect(length).toBe(600);
    await eraseMessages(database, ids.slice(0, 400), []);
    expect((await resets()).gone).toHaveLength(400);
    await eraseMessages(database, ids.slice(400), []);
    expect(await resets()).toEqual({ t: "reset", seq: seq + 2 });
  });

  it("is a reset: more than 256 KiB of ids to read, though they are few", async () => {
    const ids = Array.from({ length: 400 }, (_each, place) => String(place).padStart(64, "0"));
    const changed = JSON.stringify({ c: ids });
    const rows = Math.floor((256 * 1024) / changed.length);
    const insert = env.DB.prepare("INSERT INTO changes (changed, at) VALUES (?, 0)").bind(changed);
    await env.DB.batch(Array.from({ length: rows }, () => insert));
    expect((await resets()).gone).toHaveLength(400);
    await insert.run();
    expect(await resets()).toEqual({ t: "reset", seq: seq + rows + 1 });
  });

  it("never leaves a page that is complete behind", async () => {
    expect(await resets()).toMatchObject({ t: "changes", from: seq, to: seq });
    expect(JSON.parse((await changesAfter(database, seq + 1, NOON)).text)).toEqual({
      t: "reset",
      seq,
    });
  });
});

describe("the log's end", () => {
  it("has no hole, whatever clocks say", async () => {
    await env.DB.prepare("DELETE FROM changes").run();
    const insert = env.DB.prepare("INSERT INTO changes (changed, at) VALUES ('{}', ?)");
    await env.DB.batch([10, 20, 30, 15, 40, 12].map((at) => insert.bind(at)));
    expect(await expireChanges(database, 25)).toBe(2);
    const left = await allRows("SELECT at FROM changes ORDER BY seq");
    expect(left.map(({ at }) => at)).toEqual([30, 15, 40, 12]);
    expect(await expireChanges(database, 100)).toBe(3);
    expect(await expireChanges(database, 100)).toBe(0);
    expect(await allRows("SELECT at FROM changes")).toEqual([{ at: 12 }]);
  });
});

describe("a message that another conversation held before", () => {
  it("is named in vain, and shown where it is", async () => {
    const { message } = await known();
    const other = conversationRow();
    const { phone_number_id, wamid } = message;
    const again = messageRow(other, {
      id: idOfWamid(messageIdAt(NOON + 1000), phone_number_id, wamid),
      wamid,
      phone_number_id,
    });
    const { held } = await write({ conversations: [other], messages: [again] });
    expect(held).toMatchObject([{ message_id: message.id }]);
    const frame = JSON.parse((await changesAfter(database, seq, NOON)).text);
    expect(frame).toMatchObject({
      conversations: [{ id: other.id, last_message: null }],
      messages: [],
      gone: [again.id],
    });
  });
});
