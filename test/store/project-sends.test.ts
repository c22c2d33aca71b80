/** Sends that an object brings with their whole rows. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { sendProjection } from "../../src/conversation/state/projection.ts";
import type { OutgoingMessage, SendReport } from "../../src/message/outgoing-message.ts";
import { idBehind } from "../../src/lib/ids.ts";
import { createDatabase, d1Failure } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { findMessage } from "../../src/store/find-message.ts";
import type { ConversationProjection } from "../../src/store/projection.ts";
import { project } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { outgoingMessage, SHOWN } from "../support/conversation-messages.ts";
import { claimByOldWorker } from "../support/old-claims.ts";
import { plansOf } from "../support/query-plans.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageRow,
  NOON,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const sendable = (members: Partial<OutgoingMessage> = {}) =>
  outgoingMessage({ made_at: NOON, shown: SHOWN, ...members });

const accepted = (wamid = unique("wamid.")): SendReport => ({ state: "accepted", wamid, at: NOON });

/** Three bring the conversation whole, one the send. */
const OF_A_NEW_CONVERSATION = 4;

const LOST: SendReport = {
  state: "unconfirmed",
  error: { code: "meta_unavailable", detail: "no answer" },
  at: NOON,
};

function bring(
  conversation: ConversationProjection,
  message: OutgoingMessage,
  given: { report: SendReport; revision?: number; is_new?: boolean; d1?: D1Database },
) {
  const { report, revision = 3, is_new = false, d1 = env.DB } = given;
  const send = { message_id: message.id, revision, report, message, is_new };
  return project(createDatabase(d1), {
    conversations: [conversation],
    messages: [],
    sends: [sendProjection(conversation.id, send)],
  });
}

const rowOf = async (id: string) => (await allRows("SELECT * FROM messages WHERE id = ?", id))[0];

describe.each([true, false])("a send that D1 lacks (new to it: %s)", (is_new) => {
  test("is inserted with its outcome, and returned as D1 shows it, in one round trip", async () => {
    const conversation = conversationRow();
    const message = sendable({ shown: { ...SHOWN, metadata: '{"appointment":8812}' } });
    const report = accepted();
    const { shown } = await bring(conversation, message, { is_new, report });
    expect(shown).toMatchObject([
      {
        id: message.id,
        state: "accepted",
        state_revision: 3,
        metadata: '{"appointment":8812}',
        created_at: NOON,
        conversation: { phone: conversation.phone },
      },
    ]);
    const { shown: _shown, ...sendable_ } = message;
    expect(JSON.parse(String((await rowOf(message.id))?.["send_options"]))).toEqual(sendable_);
  });

  test("is the same row after every repetition, by its greatest revision", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const queued: SendReport = { state: "queued", error: null };
    const wamid = unique("wamid.");
    for (const [revision, report] of [
      [3, accepted(wamid)],
      [1, queued],
      [3, accepted(wamid)],
      [2, queued],
    ] as const) {
      await bring(conversation, message, { is_new, report, revision });
      expect(await rowOf(message.id)).toMatchObject({
        state: "accepted",
        wamid,
        state_revision: 3,
      });
    }
  });

  test("fills the row that a Worker of 0.1.0 left", async () => {
    const conversation = conversationRow();
    const message = sendable();
    await projectRows({ conversations: [conversation] });
    await claimByOldWorker({
      message: {
        id: message.id,
        conversation_id: conversation.id,
        phone_number_id: conversation.phone_number_id,
        direction: "outbound",
        type: "text",
        body: "de antes",
        payload: "{}",
        state: "pending",
        created_at: NOON,
      },
      conversation: null,
    });
    const wamid = unique("wamid.");
    await bring(conversation, message, { is_new, report: accepted(wamid) });
    expect(await rowOf(message.id)).toMatchObject({ state: "accepted", wamid, body: "de antes" });
  });

  test("leaves its wamid to an echo that brought it first", async () => {
    const conversation = conversationRow();
    const echo = messageRow(conversation, { direction: "outbound", state: "accepted" });
    await projectRows({ conversations: [conversation], messages: [echo] });
    const message = sendable();
    await bring(conversation, message, { is_new, report: accepted(echo.wamid) });
    expect(await rowOf(message.id)).toMatchObject({ state: "accepted", wamid: null });
  });

  test("is not inserted where its conversation was erased since", async () => {
    const conversation = conversationRow();
    await rememberErased(database, [{ id: conversation.id, version: 1, erased_at: NOON }]);
    const message = sendable();
    const { shown } = await bring(conversation, message, { is_new, report: accepted() });
    expect(shown).toEqual([]);
    expect(await rowOf(message.id)).toBeUndefined();
  });

  test("is not inserted where its message has another fallback", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const [one, other] = [1, 2].map(() => sendable({ fallback_of: message.id }));
    await bring(conversation, message, { is_new, report: LOST });
    for (const fallback of [one, other]) {
      if (fallback !== undefined)
        await bring(conversation, fallback, { is_new, report: accepted() });
    }
    expect(await allRows("SELECT id FROM messages WHERE fallback_of = ?", message.id)).toEqual([
      { id: one?.id },
    ]);
  });
});

describe("a send with the last digits of another message's id", () => {
  test("is refused and not lost", async () => {
    const conversation = conversationRow();
    const taken = messageRow(conversation);
    await projectRows({ conversations: [conversation], messages: [taken] });
    const message = sendable({ id: `${taken.id.slice(0, 10)}f${taken.id.slice(11)}` });
    await expect(bring(conversation, message, { report: accepted() })).rejects.toSatisfy(
      (error) => d1Failure(error) === "content",
    );
  });
});

describe("a reaction to a send that D1 lacks (I3)", () => {
  const reactionTo = (conversation: ConversationProjection, target_wamid: string) =>
    messageRow(conversation, { type: "reaction", body: "👍", target_wamid });
  const reactions = JSON.stringify([{ emoji: "👍", from: "customer", at: NOON }]);

  test.each([true, false])("shows where both come together (new: %s)", async (is_new) => {
    const conversation = conversationRow();
    const message = sendable();
    const wamid = unique("wamid.");
    const send = { message_id: message.id, revision: 3, report: accepted(wamid), message, is_new };
    const { shown } = await project(database, {
      conversations: [conversation],
      messages: [reactionTo(conversation, wamid)],
      sends: [sendProjection(conversation.id, send)],
    });
    expect(await rowOf(message.id)).toMatchObject({ reactions });
    expect(shown).toMatchObject([{ reactions }]);
  });

  test("shows where it came first", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const wamid = unique("wamid.");
    await projectRows({ messages: [reactionTo(conversation, wamid)] });
    const given = { is_new: true, report: accepted(wamid) };
    const { shown } = await bring(conversation, message, given);
    expect(shown).toMatchObject([{ id: message.id, reactions }]);
  });
});

describe.each([true, false])("statuses before the row of a send (I6, new: %s)", (is_new) => {
  test("find it by its wamid", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const wamid = unique("wamid.");
    await recordStatuses(database, [statusRow(wamid, "delivered")]);
    const { statuses } = await bring(conversation, message, { is_new, report: accepted(wamid) });
    expect(statuses).toMatchObject([{ message_id: message.id, status: "delivered" }]);
    expect(await rowOf(message.id)).toMatchObject({ meta_status: "delivered" });
  });

  test("find it by our id where Meta's answer was lost", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const wamid = unique("wamid.");
    const status = (word: string, said = {}) =>
      statusRow(wamid, word, { message_id: message.id, said, received_at: NOON + 1 });
    await recordStatuses(database, [
      status("sent", { biz_opaque_callback_data: message.id }),
      status("delivered"),
      statusRow(unique("wamid."), "sent", { said: { biz_opaque_callback_data: "another" } }),
    ]);
    const { statuses } = await bring(conversation, message, { is_new, report: LOST });
    expect(statuses.map(({ status: word }) => word)).toEqual(["sent", "delivered"]);
    expect(await rowOf(message.id)).toMatchObject({ wamid, meta_status: "delivered" });
  });

  test("find it by our id though they came before it by another machine's clock", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const said = { biz_opaque_callback_data: message.id };
    const received_at = NOON - 5000;
    await recordStatuses(database, [statusRow(unique("wamid."), "sent", { said, received_at })]);
    const { statuses } = await bring(conversation, message, { is_new, report: LOST });
    expect(statuses.map(({ status }) => status)).toEqual(["sent"]);
  });

  test("are looked for among those that wait, by their index", async () => {
    const conversation = conversationRow();
    const message = sendable();
    const send = { message_id: message.id, revision: 3, report: LOST, message };
    const plans = await plansOf((d1) =>
      project(d1, {
        conversations: [conversation],
        messages: [],
        sends: [sendProjection(conversation.id, send)],
      }),
    );
    expect(plans.join("\n")).toMatch(
      /SEARCH s USING INDEX message_statuses_orphaned \(received_at>\?\)/,
    );
    expect(plans.join("\n")).not.toMatch(
      /SCAN (messages|message_statuses|conversations|other|m|s)\b/,
    );
  });
});

describe("a send that is new to D1", () => {
  test("is returned as D1 has it, though its row is not selected", async () => {
    const contact_name = "Ana la de Luna";
    const conversation = conversationRow({ profile_name: "Ana", read_up_to: "msg_0", version: 2 });
    await projectRows({ conversations: [{ ...conversation, version: 1 }] });
    await env.DB.prepare("UPDATE conversations SET contact_name = ? WHERE id = ?")
      .bind(contact_name, conversation.id)
      .run();
    const shown = { ...SHOWN, metadata: '{"appointment":8812}', request_hash: "00", send_at: NOON };
    const message = sendable({ shown, reply_to: "wamid.asked" });
    const brought = await bring(conversation, message, { is_new: true, report: accepted() });
    const row = await findMessage(database, message.id);
    expect(row?.conversation).toMatchObject({ contact_name, profile_name: "Ana" });
    expect(brought.shown).toEqual([row]);
  });

  test("is returned with the state of its file", async () => {
    const conversation = conversationRow();
    const media_id = unique("med_");
    await env.DB.prepare(
      `INSERT INTO media (id, phone_number_id, origin, meta_id, mime_type, stored_at, error, created_at)
       VALUES (?, ?, 'uploaded', '1', 'image/png', ?, 'lost', ?)`,
    )
      .bind(media_id, conversation.phone_number_id, NOON, NOON)
      .run();
    const message = sendable({ files: [{ media_id, usable_until: NOON }] });
    const brought = await bring(conversation, message, { is_new: true, report: accepted() });
    expect(brought.shown).toMatchObject([{ media_id, media_stored_at: NOON, media_error: "lost" }]);
    expect(brought.shown).toEqual([await findMessage(database, message.id)]);
  });

  test("costs one round trip of few statements, and another only where a status came before", async () => {
    const { database: d1, record } = recordedD1(env.DB);
    const conversation = conversationRow();
    const given = { is_new: true, d1 };
    await bring(conversation, sendable(), { ...given, report: accepted() });
    expect(record.roundTrips).toBe(1);
    expect(record.statements).toHaveLength(OF_A_NEW_CONVERSATION);
    const wamid = unique("wamid.");
    await recordStatuses(database, [statusRow(wamid, "delivered")]);
    const late = sendable();
    const { shown } = await bring(conversation, late, { ...given, report: accepted(wamid) });
    expect(record.roundTrips).toBe(3);
    expect(shown).toMatchObject([{ id: late.id, meta_status: "delivered" }]);
  });

  test("moves the row that the Worker kept for upkeep to its place", async () => {
    const conversation = conversationRow();
    const kept = sendable();
    await bring(conversation, kept, { report: { state: "queued", error: null }, revision: 0 });
    const placed = { ...kept, id: idBehind(kept.id, kept.id) };
    const { shown } = await bring(conversation, placed, { is_new: true, report: accepted() });
    expect(shown).toMatchObject([{ id: placed.id, state: "accepted", state_revision: 3 }]);
    expect(await rowOf(kept.id)).toBeUndefined();
  });
});
