import { test } from "@fast-check/vitest";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { putContact } from "../../src/store/contacts.ts";
import { patchConversation } from "../../src/store/conversations.ts";
import { createDatabase, d1Failure } from "../../src/store/d1.ts";
import {
  type ConversationProjection,
  type MessageProjection,
  project,
} from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";
import { type D1Record, recordedD1 } from "../support/recorded-d1.ts";
import {
  acceptedSend,
  allRows,
  conversationRow,
  idOfWamid,
  messageIdAt,
  messageRow,
  NOON,
  oneRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";
import { claimByOldWorker } from "../support/old-claims.ts";

const SECOND_MS = 1000;

/** A property is many tests, and the machine may be busy. */
const PATIENCE_MS = 30 * SECOND_MS;

const database = createDatabase(env.DB);

function storedConversation(id: string) {
  return oneRow("SELECT * FROM conversations WHERE id = ?", id);
}

function storedMessage(wamid: string, phoneNumberId?: string) {
  return phoneNumberId === undefined
    ? oneRow("SELECT * FROM messages WHERE wamid = ?", wamid)
    : oneRow(
        "SELECT * FROM messages WHERE wamid = ? AND phone_number_id = ?",
        wamid,
        phoneNumberId,
      );
}

async function reactionsOf(wamid: string): Promise<unknown> {
  const { reactions } = await storedMessage(wamid);
  return JSON.parse(String(reactions));
}

describe("a conversation's projection", () => {
  it("stores every column as it is told", async () => {
    const conversation = conversationRow({
      kind: "group",
      phone: unique("52"),
      wa_id: unique("521"),
      user_id: unique("MX."),
      parent_user_id: "MX.ENT.1",
      username: "ana.ñ",
      group_id: "group-1",
      profile_name: "Ana Ñúñez 🐾",
      status: "active",
      unread_count: 3,
      read_up_to: "msg_1",
      last_customer_message_at: NOON - SECOND_MS,
      waiting_since: NOON - 2 * SECOND_MS,
      version: 7,
      created_at: NOON - 5,
      updated_at: NOON + 5,
    });
    await projectRows({ conversations: [conversation] });
    expect(await storedConversation(conversation.id)).toEqual({
      ...conversation,
      messages_from: "",
      contact_name: null,
      contact_folded: null,
      owner: null,
      assignee: null,
      subject: null,
      changed_by: null,
    });
  });

  it("repeated, changes nothing", async () => {
    const conversation = conversationRow({ unread_count: 1 });
    const message = messageRow(conversation);
    await projectRows({ conversations: [conversation], messages: [message] });
    const before = [await storedConversation(conversation.id), await storedMessage(message.wamid)];
    await projectRows({ conversations: [conversation], messages: [message] });
    expect([await storedConversation(conversation.id), await storedMessage(message.wamid)]).toEqual(
      before,
    );
  });

  it("I3: gives way to a newer version and never to an older or the same one", async () => {
    const conversation = conversationRow({ version: 2, unread_count: 2 });
    await projectRows({ conversations: [conversation] });
    await projectRows({ conversations: [{ ...conversation, version: 1, unread_count: 1 }] });
    await projectRows({ conversations: [{ ...conversation, version: 2, unread_count: 9 }] });
    expect(await storedConversation(conversation.id)).toMatchObject({ unread_count: 2 });
    await projectRows({ conversations: [{ ...conversation, version: 3, unread_count: 0 }] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      unread_count: 0,
      version: 3,
    });
  });

  it("I3: names the person's addresses as the newest version does", async () => {
    const [phone, user_id] = [unique("52"), unique("MX.")];
    const conversation = conversationRow({ version: 2, phone, user_id });
    await projectRows({ conversations: [conversation] });
    const earlier = { ...conversation, version: 1, phone: null, user_id: unique("MX.") };
    await projectRows({ conversations: [earlier] });
    expect(await storedConversation(conversation.id)).toMatchObject({ phone, user_id });
    await projectRows({ conversations: [{ ...earlier, version: 3 }] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      phone: null,
      user_id: earlier.user_id,
    });
  });

  it("I3: begins and ends a wait, whatever else it brings, and not by an older version", async () => {
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const waiting = { ...conversation, version: 2, waiting_since: NOON, unread_count: 2 };
    await projectRows({ conversations: [waiting] });
    expect(await storedConversation(conversation.id)).toMatchObject(waiting);
    await projectRows({ conversations: [{ ...waiting, version: 1, waiting_since: null }] });
    expect(await storedConversation(conversation.id)).toMatchObject(waiting);
    const answered = { ...waiting, version: 4, waiting_since: null, status: "active" as const };
    await projectRows({ conversations: [answered] });
    await projectRows({ conversations: [{ ...waiting, version: 3 }] });
    expect(await storedConversation(conversation.id)).toMatchObject(answered);
  });

  it("of an object of 0.1.0 leaves a wait as it is", async () => {
    const conversation = conversationRow({ waiting_since: NOON });
    await projectRows({ conversations: [conversation] });
    const { waiting_since: _absent, ...older } = { ...conversation, version: 2, unread_count: 5 };
    await projectRows({ conversations: [older] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      waiting_since: NOON,
      unread_count: 5,
      version: 2,
    });
  });

  it("I3: takes the newest of several versions in one list, in whatever order", async () => {
    const conversation = conversationRow();
    const versions = [2, 4, 1, 3].map((version) => ({
      ...conversation,
      version,
      profile_name: `version ${version}`,
    }));
    await projectRows({ conversations: versions });
    expect(await storedConversation(conversation.id)).toMatchObject({ profile_name: "version 4" });
  });

  it("replaces the row that a send made before its object spoke", async () => {
    const conversation = conversationRow();
    const { kind, phone_number_id, phone, created_at, updated_at } = conversation;
    await claimByOldWorker({
      message: {
        id: messageIdAt(NOON),
        conversation_id: conversation.id,
        phone_number_id,
        direction: "outbound",
        type: "text",
        body: "Hola",
        payload: "{}",
        state: "pending",
        created_at,
      },
      conversation: {
        id: conversation.id,
        kind,
        phone_number_id,
        phone,
        status: "pending",
        unread_count: 0,
        last_message_at: NOON,
        version: 0,
        created_at,
        updated_at,
      },
    });
    await projectRows({ conversations: [{ ...conversation, profile_name: "Ana" }] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      profile_name: "Ana",
      version: 1,
    });
  });

  it("leaves owner, subject and contact name to D1", async () => {
    const conversation = conversationRow({ phone: unique("52") });
    await projectRows({ conversations: [conversation] });
    await patchConversation(
      database,
      conversation.id,
      { owner: "client-1", subject: "Cirugía de Luna", changed_by: "clinic" },
      NOON,
    );
    await putContact(
      database,
      {
        address: conversation.phone ?? "",
        name: "Ana (Luna)",
        owner: "client-2",
        changed_by: "clinic",
      },
      NOON,
    );
    await projectRows({ conversations: [{ ...conversation, version: 2, profile_name: "Otra" }] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      owner: "client-2",
      subject: "Cirugía de Luna",
      contact_name: "Ana (Luna)",
      profile_name: "Otra",
    });
  });

  it("does not bring back an owner that was cleared", async () => {
    const phone = unique("52");
    await putContact(
      database,
      { address: phone, name: "Ana", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    const conversation = conversationRow({ phone });
    await projectRows({ conversations: [conversation] });
    await patchConversation(database, conversation.id, { owner: null, changed_by: "clinic" }, NOON);
    await projectRows({ conversations: [{ ...conversation, version: 2 }] });
    expect(await storedConversation(conversation.id)).toMatchObject({ owner: null, version: 2 });
  });

  it("gets owner and name from the contact, by phone before BSUID", async () => {
    const [phone, user_id] = [unique("52"), unique("MX.")];
    await putContact(
      database,
      { address: phone, name: "Por teléfono", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    await putContact(
      database,
      { address: user_id, name: "Por id", owner: "client-2", changed_by: "clinic" },
      NOON,
    );
    const [both, byUser, unknown] = [
      conversationRow({ phone, user_id }),
      conversationRow({ phone: null, user_id }),
      conversationRow({ phone: null, user_id: unique("MX.") }),
    ];
    await projectRows({ conversations: [both, byUser, unknown] });
    expect(await storedConversation(both.id)).toMatchObject({
      contact_name: "Por teléfono",
      owner: "client-1",
    });
    expect(await storedConversation(byUser.id)).toMatchObject({
      contact_name: "Por id",
      owner: "client-2",
    });
    expect(await storedConversation(unknown.id)).toMatchObject({ contact_name: null, owner: null });
  });

  it("gets what the contact has once its BSUID is learnt", async () => {
    const user_id = unique("MX.");
    await putContact(
      database,
      { address: user_id, name: "Ana", owner: "client-1", changed_by: "clinic" },
      NOON,
    );
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    expect(await storedConversation(conversation.id)).toMatchObject({ owner: null });
    await projectRows({ conversations: [{ ...conversation, version: 2, user_id }] });
    expect(await storedConversation(conversation.id)).toMatchObject({
      owner: "client-1",
      contact_name: "Ana",
    });
  });
});

describe("a message's projection", () => {
  it("stores every column as it is told", async () => {
    const conversation = conversationRow();
    const participant = JSON.stringify({ wa_id: "5219982220001", name: "Ana" });
    const message = messageRow(conversation, { participant, received_at: NOON + 7 });
    await projectRows({ messages: [message] });
    const { media: _media, ...columns } = message;
    expect(await storedMessage(message.wamid)).toMatchObject({
      ...columns,
      reactions: "[]",
      edited_body: null,
      revoked_at: null,
      meta_status: null,
    });
  });

  it.each([
    ["accents and emoji", "¡Ñandú! 👨‍👩‍👧‍👦 e\u0301 ﷽"],
    ["a null character", "antes\u0000después"],
    ["quotes and backslashes", `"'\\\\"\n\t\r`],
    ["markup and SQL", "<b>'); DROP TABLE messages; --</b>"],
  ])("keeps %s exactly", async (_what, body) => {
    const message = messageRow(conversationRow(), {
      body,
      payload: JSON.stringify({ type: "text", text: { body } }),
    });
    await projectRows({ messages: [message] });
    const stored = await storedMessage(message.wamid);
    expect(stored["body"]).toBe(body);
    expect(stored["payload"]).toBe(message.payload);
  });

  it("with a lone surrogate still gets its row, the payload exact", async () => {
    const body = "roto \ud83d aquí";
    const message = messageRow(conversationRow(), {
      body,
      payload: JSON.stringify({ type: "text", text: { body } }),
    });
    await projectRows({ messages: [message] });
    expect((await storedMessage(message.wamid))["payload"]).toBe(message.payload);
  });

  it("I3: of one wamid the first row stays", async () => {
    const conversation = conversationRow();
    const message = messageRow(conversation, { body: "primero" });
    await projectRows({ messages: [message, { ...message, body: "segundo" }] });
    const { phone_number_id, wamid } = message;
    const id = idOfWamid(messageIdAt(NOON), phone_number_id, wamid);
    await projectRows({ messages: [{ ...message, id, body: "tercero" }] });
    const rows = await allRows("SELECT body FROM messages WHERE wamid = ?", message.wamid);
    expect(rows).toEqual([{ body: "primero" }]);
  });

  it("I3: another wamid with the same digest is refused, and neither is lost", async () => {
    const conversation = conversationRow();
    const message = messageRow(conversation);
    await projectRows({ messages: [message] });
    const other = { ...message, wamid: unique("wamid.") };
    const beside = messageRow(conversation);
    await expect(projectRows({ messages: [beside, other] })).rejects.toSatisfy(
      (error) => d1Failure(error) === "content",
    );
    expect(await storedMessage(message.wamid)).toMatchObject({ id: message.id });
    // The caller then tries each alone.
    await projectRows({ messages: [beside] });
    expect(await storedMessage(beside.wamid)).toMatchObject({ id: beside.id });
    const elsewhere = { ...message, phone_number_id: OTHER_NUMBER };
    await expect(projectRows({ messages: [elsewhere] })).rejects.toThrow("NOT NULL");
  });

  it("I8: the same wamid on two business numbers is two messages", async () => {
    const wamid = unique("wamid.");
    const [one, other] = [conversationRow(), conversationRow({ phone_number_id: OTHER_NUMBER })];
    await projectRows({
      messages: [
        messageRow(one, { wamid }),
        messageRow(other, { wamid }),
        messageRow(other, {
          type: "reaction",
          body: "👍",
          target_wamid: wamid,
        }),
      ],
    });
    const rows = await allRows(
      "SELECT phone_number_id, reactions FROM messages WHERE wamid = ? ORDER BY phone_number_id",
      wamid,
    );
    expect(rows).toEqual([
      { phone_number_id: one.phone_number_id, reactions: "[]" },
      {
        phone_number_id: OTHER_NUMBER,
        reactions: JSON.stringify([{ emoji: "👍", from: "customer", at: NOON }]),
      },
    ]);
  });

  it("brings its file, once", async () => {
    const media = {
      id: unique("med_"),
      meta_id: unique("13"),
      meta_expires_at: NOON + 7,
      mime_type: "image/jpeg",
      sha256: "ab".repeat(32),
      filename: "radiografía.jpg",
    };
    const message = messageRow(conversationRow(), { type: "image", media, received_at: NOON + 3 });
    await projectRows({ messages: [message] });
    await projectRows({ messages: [message] });
    expect(await allRows("SELECT * FROM media WHERE meta_id = ?", media.meta_id)).toEqual([
      {
        ...media,
        phone_number_id: message.phone_number_id,
        origin: "received",
        renewed_meta_id: null,
        size_bytes: null,
        stored_at: null,
        error: null,
        created_at: NOON + 3,
      },
    ]);
    expect(await storedMessage(message.wamid)).toMatchObject({ media_id: media.id });
  });

  it("I3: an echo takes the statuses that came before it", async () => {
    const echo = messageRow(conversationRow(), { direction: "outbound", state: "accepted" });
    await recordStatuses(database, [statusRow(echo.wamid, "delivered")]);
    await projectRows({ messages: [echo] });
    expect(await storedMessage(echo.wamid)).toMatchObject({
      meta_status: "delivered",
      delivered_at: NOON,
    });
    const [status] = await allRows(
      "SELECT message_id FROM message_statuses WHERE wamid = ?",
      echo.wamid,
    );
    expect(status).toEqual({ message_id: echo.id });
  });
});

describe("a reaction", () => {
  /** A target, and a way to write reactions to it a second apart. */
  function target() {
    const conversation = conversationRow();
    const text = messageRow(conversation);
    const react = (
      emoji: string,
      seconds: number,
      changes: Partial<MessageProjection> = {},
    ): MessageProjection =>
      messageRow(conversation, {
        type: "reaction",
        body: emoji,
        target_wamid: text.wamid,
        created_at: NOON + seconds * SECOND_MS,
        ...changes,
      });
    return { text, react };
  }

  const member = (name: string, wa_id: string | null, user_id: string | null = null) =>
    JSON.stringify({ wa_id, user_id, parent_user_id: null, username: null, name });

  it("stands on its target with who and when", async () => {
    const { text, react } = target();
    await projectRows({ messages: [text] });
    await projectRows({ messages: [react("❤️", 1)] });
    expect(await reactionsOf(text.wamid)).toEqual([
      { emoji: "❤️", from: "customer", at: NOON + SECOND_MS },
    ]);
  });

  it("is changed by the person's next one and taken back by an empty one", async () => {
    const { text, react } = target();
    await projectRows({ messages: [text, react("❤️", 1), react("👍🏽", 2)] });
    expect(await reactionsOf(text.wamid)).toMatchObject([{ emoji: "👍🏽" }]);
    await projectRows({ messages: [react("", 3)] });
    expect(await reactionsOf(text.wamid)).toEqual([]);
    await projectRows({ messages: [react("😮", 4)] });
    expect(await reactionsOf(text.wamid)).toMatchObject([{ emoji: "😮" }]);
  });

  it("I3: an older one that comes late changes nothing", async () => {
    const { text, react } = target();
    await projectRows({ messages: [text, react("👍", 2)] });
    await projectRows({ messages: [react("", 1)] });
    expect(await reactionsOf(text.wamid)).toMatchObject([{ emoji: "👍" }]);
  });

  it("of the business's own phone stands beside the customer's", async () => {
    const { text, react } = target();
    const ours = react("🙏", 2, { direction: "outbound", state: "accepted" });
    await projectRows({ messages: [text, react("❤️", 1), ours] });
    expect(await reactionsOf(text.wamid)).toEqual([
      { emoji: "❤️", from: "customer", at: NOON + SECOND_MS },
      { emoji: "🙏", from: "business", at: NOON + 2 * SECOND_MS },
    ]);
  });

  it("of several people in a group each stand on their own", async () => {
    const { text, react } = target();
    const [ana, beto] = [member("Ana", "5219982220001"), member("Beto", "5219982220002")];
    await projectRows({
      messages: [
        text,
        react("❤️", 1, { participant: ana }),
        react("👍", 2, { participant: beto }),
        react("", 3, { participant: ana }),
      ],
    });
    expect(await reactionsOf(text.wamid)).toMatchObject([{ emoji: "👍" }]);
  });

  it.each([
    ["name", member("Ana", "5219982220001"), member("Ana María", "5219982220001")],
    ["phone", member("Ana", "5219982220001", "MX.1"), member("Ana", null, "MX.1")],
  ])("of a group member whose %s changed is still the same person's", async (_what, one, other) => {
    const { text, react } = target();
    await projectRows({
      messages: [text, react("❤️", 1, { participant: one }), react("", 2, { participant: other })],
    });
    expect(await reactionsOf(text.wamid)).toEqual([]);
  });

  it("that we sent stands on its target once Meta took it, not before", async () => {
    const conversation = conversationRow();
    const text = messageRow(conversation);
    const id = messageIdAt(NOON + SECOND_MS);
    await projectRows({ conversations: [conversation], messages: [text] });
    await claimByOldWorker({
      message: {
        id,
        conversation_id: conversation.id,
        phone_number_id: conversation.phone_number_id,
        direction: "outbound",
        type: "reaction",
        body: "🐾",
        payload: "{}",
        target_wamid: text.wamid,
        state: "pending",
        created_at: NOON + SECOND_MS,
      },
      conversation: null,
    });
    await projectRows({
      sends: [acceptedSend(conversation, { id, state: "queued", wamid: null })],
    });
    expect(await reactionsOf(text.wamid)).toEqual([]);
    await projectRows({ sends: [acceptedSend(conversation, { id, state_revision: 2 })] });
    expect(await reactionsOf(text.wamid)).toEqual([
      { emoji: "🐾", from: "business", at: NOON + SECOND_MS },
    ]);
  });
});

describe("edits and revokes", () => {
  it("the newest edit is displayed, the original stays in the payload", async () => {
    const conversation = conversationRow();
    const text = messageRow(conversation, { body: "el lunes" });
    const edit = (body: string, seconds: number) =>
      messageRow(conversation, {
        type: "edit",
        body,
        target_wamid: text.wamid,
        created_at: NOON + seconds * SECOND_MS,
      });
    await projectRows({ messages: [text, edit("el miércoles", 2)] });
    await projectRows({ messages: [edit("el martes", 1)] });
    expect(await storedMessage(text.wamid)).toMatchObject({
      body: "el lunes",
      payload: text.payload,
      edited_body: "el miércoles",
    });
  });

  it("a revoke gives the time of the first one and keeps the text", async () => {
    const conversation = conversationRow();
    const text = messageRow(conversation);
    const revoke = (seconds: number) =>
      messageRow(conversation, {
        type: "revoke",
        body: "[Mensaje eliminado]",
        target_wamid: text.wamid,
        created_at: NOON + seconds * SECOND_MS,
      });
    await projectRows({ messages: [text, revoke(9)] });
    await projectRows({ messages: [revoke(3)] });
    expect(await storedMessage(text.wamid)).toMatchObject({
      body: text.body,
      revoked_at: NOON + 3 * SECOND_MS,
    });
  });
});

/** A conversation of which every event is known, and in which order they were projected. */
type Play = { conversation: ConversationProjection; messages: MessageProjection[] };

function play(): Play {
  const conversation = conversationRow();
  const [first, second] = [messageRow(conversation), messageRow(conversation)];
  const about = (
    type: string,
    body: string,
    seconds: number,
    changes: Partial<MessageProjection> = {},
  ) =>
    messageRow(conversation, {
      type,
      body,
      target_wamid: first.wamid,
      created_at: NOON + seconds * SECOND_MS,
      ...changes,
    });
  const participant = JSON.stringify({ wa_id: "5219982220009" });
  return {
    conversation,
    messages: [
      first,
      second,
      about("reaction", "❤️", 1),
      about("reaction", "👍", 2),
      about("reaction", "😂", 3, { participant }),
      about("reaction", "", 4, { participant }),
      about("reaction", "🙏", 5, { direction: "outbound", state: "accepted" }),
      about("edit", "una", 6),
      about("edit", "dos", 7),
      about("revoke", "[Mensaje eliminado]", 8),
      about("reaction", "🐕", 9, { target_wamid: second.wamid }),
    ],
  };
}

const PLAY_LENGTH = 11;

const order = fc.shuffledSubarray(
  Array.from({ length: PLAY_LENGTH }, (_, place) => place),
  { minLength: PLAY_LENGTH },
);

/** How often a new projection begins; what lies between goes in one list. */
const cuts = fc.array(fc.boolean(), { minLength: PLAY_LENGTH, maxLength: PLAY_LENGTH });

const DERIVED =
  "SELECT type, body, reactions, edited_body, revoked_at FROM messages WHERE conversation_id = ? ORDER BY id";

async function afterInOrder({ conversation, messages }: Play, places: number[], cut: boolean[]) {
  let list: MessageProjection[] = [];
  for (const [step, place] of places.entries()) {
    const message = messages[place];
    if (message !== undefined) list.push(message);
    if (cut[step] === true || step === places.length - 1) {
      await projectRows({ messages: list });
      list = [];
    }
  }
  return allRows(DERIVED, conversation.id);
}

describe("I3", () => {
  test.prop([order, cuts], { numRuns: 30 })(
    "any permutation and split of messages, reactions, edits and revokes gives the same rows",
    async (places, cut) => {
      const played = play();
      const rows = await afterInOrder(played, places, cut);
      const [first, second] = rows;
      expect(rows).toHaveLength(PLAY_LENGTH);
      expect(new Set([first?.["reactions"], second?.["reactions"]])).toEqual(
        new Set([
          JSON.stringify([
            { emoji: "👍", from: "customer", at: NOON + 2 * SECOND_MS },
            { emoji: "🙏", from: "business", at: NOON + 5 * SECOND_MS },
          ]),
          JSON.stringify([{ emoji: "🐕", from: "customer", at: NOON + 9 * SECOND_MS }]),
        ]),
      );
      const wamid = played.messages[0]?.wamid ?? "";
      expect(await storedMessage(wamid)).toMatchObject({
        edited_body: "dos",
        revoked_at: NOON + 8 * SECOND_MS,
      });
    },
    PATIENCE_MS,
  );
});

/** D1's limit in production; the local one is larger. */
const VALUE_LIMIT_BYTES = 2_000_000;

/** A hundred times what Meta lets a text have; it stands in a row as body and in the payload. */
const LONG_TEXT_CHARACTERS = 300_000;

function largestBinding({ statements }: D1Record): number {
  const sizes = statements
    .flatMap(({ values }) => values)
    .map((value) => new TextEncoder().encode(String(value)).byteLength);
  return Math.max(...sizes);
}

/** The round trips of one projection. */
async function roundTripsOf(messages: readonly MessageProjection[]): Promise<number> {
  const { database: d1, record } = recordedD1(env.DB);
  await project(createDatabase(d1), { conversations: [], messages, sends: [] });
  return record.roundTrips;
}

describe("a message that another targets", () => {
  it.each(["inbound", "outbound"] as const)(
    "shows what came before it (%s), also if the first try stopped half-way (I3)",
    async (direction) => {
      const conversation = conversationRow();
      const target = messageRow(conversation, { direction });
      const reaction = messageRow(conversation, {
        type: "reaction",
        body: "👍",
        target_wamid: target.wamid,
      });
      await projectRows({ conversations: [conversation], messages: [reaction] });
      expect(await roundTripsOf([target])).toBe(2);
      expect(await reactionsOf(target.wamid)).toHaveLength(1);
      // As if the second round trip had not come.
      await env.DB.prepare("UPDATE messages SET reactions = '[]' WHERE wamid = ?")
        .bind(target.wamid)
        .run();
      await roundTripsOf([target]);
      expect(await reactionsOf(target.wamid)).toHaveLength(1);
    },
  );

  it("by none is one round trip", async () => {
    const conversation = conversationRow();
    expect(await roundTripsOf([messageRow(conversation), messageRow(conversation)])).toBe(1);
  });
});

describe("a large projection", () => {
  it("over one bound value is split and stays one round trip", async () => {
    const conversation = conversationRow();
    const body = "ñ".repeat(4000);
    const messages = Array.from({ length: 300 }, (_, number) =>
      messageRow(conversation, {
        body,
        payload: JSON.stringify({ type: "text", text: { body } }),
        created_at: NOON + number,
      }),
    );
    const { database: d1, record } = recordedD1(env.DB);
    await project(createDatabase(d1), { conversations: [conversation], messages, sends: [] });
    const stored = await oneRow(
      "SELECT count(*) AS n, sum(length(body)) AS characters FROM messages WHERE conversation_id = ?",
      conversation.id,
    );
    expect(stored).toEqual({ n: 300, characters: 300 * 4000 });
    expect(record.roundTrips).toBe(1);
    expect(record.statements.filter(({ sql }) => sql.includes("INTO messages"))).toHaveLength(5);
    expect(largestBinding(record)).toBeLessThanOrEqual(VALUE_LIMIT_BYTES);
  });

  it("of the longest texts that a row can hold gets there", async () => {
    const conversation = conversationRow();
    const body = "€".repeat(LONG_TEXT_CHARACTERS);
    const payload = JSON.stringify({ type: "text", text: { body } });
    const message = messageRow(conversation, { body, payload });
    const { database: d1, record } = recordedD1(env.DB);
    await project(createDatabase(d1), { conversations: [], messages: [message], sends: [] });
    expect((await storedMessage(message.wamid))["body"]).toBe(body);
    expect(largestBinding(record)).toBeLessThanOrEqual(VALUE_LIMIT_BYTES);
  });

  it("of nothing is no round trip", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    await project(createDatabase(d1), { conversations: [], messages: [], sends: [] });
    expect(record.roundTrips).toBe(0);
  });
});
