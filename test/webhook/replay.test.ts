import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { messageProjection } from "../../src/conversation/state/projection.ts";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters, listDeadLetters } from "../../src/store/dead-letters.ts";
import {
  inboundMessage,
  outgoingTemplate,
  SHOWN,
  takenMessage,
} from "../support/conversation-messages.ts";
import { fileAtMeta } from "../support/media-files.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { withRecordedEvents } from "../support/recorded-events.ts";
import {
  allRows,
  claimOutbound,
  conversationRow,
  oneRow,
  projectRows,
  statusPack,
  statusRow,
  unique,
  withRefused,
} from "../support/store-rows.ts";
import { newSubscriber, withSetting, withSubscribers } from "../support/subscriber.ts";
import {
  messagesChange,
  messageStatus,
  newWamid,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

const database = createDatabase(env.DB);

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  paloma = startPaloma();
});

/** Keeps a letter and gives its id. */
async function letter(source: string, payload: string): Promise<string> {
  await keepDeadLetters(database, [{ source, reason: "for a test", payload }], Date.now());
  return newestId();
}

async function newestId(): Promise<string> {
  const [newest] = await listDeadLetters(database, { after: null, limit: 1 });
  if (newest === undefined) throw new Error("no dead letter");
  return newest.id;
}

const replay = (
  id: string,
  token: "operator" | "clinic" | "reader" | "sender" | null = "operator",
) => paloma.api("POST", `/v1/dead-letters/${id}/replay`, undefined, { token });

const isKept = async (id: string) =>
  (await allRows("SELECT id FROM dead_letters WHERE id = ?", id)).length === 1;

describe("I10: replaying a dead letter", () => {
  it("from a webhook takes the message in as if it came now, once", async () => {
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    const body = JSON.stringify(webhookBody(messagesChange({ messages: [message] })));
    const ids = [await letter("webhook", body), await letter("webhook", body)];
    for (const id of ids) {
      expect(await replay(id)).toMatchObject({ status: 200, body: { replayed: true } });
      expect(await isKept(id)).toBe(false);
    }
    const { body: list } = await eventually(
      () => paloma.api("GET", `/v1/conversations?contact=${ana}`),
      ({ body: conversations }) => conversations.data.length > 0,
    );
    expect(list.data[0].unread_count).toBe(1);
  });

  it("of a send that D1 refused gives it its row", async () => {
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const report = { state: "accepted", wamid: newWamid(), at: Date.now() };
    const send = { message_id: message.id, revision: 2, report, message };
    const id = await letter("send", JSON.stringify({ conversation_id: conversation.id, send }));
    expect(await replay(id)).toMatchObject({ status: 200 });
    expect(await oneRow("SELECT state, wamid FROM messages WHERE id = ?", message.id)).toEqual({
      state: "accepted",
      wamid: report.wamid,
    });
  });

  it("from the media queue archives the file", async () => {
    const { id: media_id } = await fileAtMeta();
    const id = await letter("paloma-media", JSON.stringify({ version: 1, media_id }));
    expect(await replay(id)).toMatchObject({ status: 200, body: { replayed: true } });
    expect(await isKept(id)).toBe(false);
    await eventually(
      () => oneRow("SELECT stored_at > 0 AS stored FROM media WHERE id = ?", media_id),
      (row) => row?.["stored"] === 1,
    );
  });

  it("from a webhook takes a status in", async () => {
    const wamid = newWamid();
    const status = messageStatus(wamid, "read");
    const id = await letter(
      "webhook",
      JSON.stringify(webhookBody(messagesChange({ statuses: [status] }))),
    );
    expect((await replay(id)).status).toBe(200);
    await eventually(
      () => allRows("SELECT status FROM message_statuses WHERE wamid = ?", wamid),
      (rows) => rows.length === 1,
    );
  });

  it("that still lacks what it lacked is refused, says why, and stays", async () => {
    const text = "sin identidad";
    await paloma.webhook(
      webhookBody(messagesChange({ messages: [{ from: newCustomer(), type: "text", text }] })),
    );
    const id = await newestId();
    const answer = await replay(id);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "invalid_request" });
    expect(answer.body.detail).toContain("a message without an id");
    expect(await isKept(id)).toBe(true);
    expect((await replay(id)).status).toBe(422);
  });

  it("of an event delivers it, if somebody is subscribed at its address still", async () => {
    const subscriber = newSubscriber();
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const event = {
      type: "conversation.created",
      conversation_id: conversation.id,
      sequence: 1,
      at: Date.now(),
    };
    const queued = { version: 1, id: unique("evt_"), subscriber: subscriber.url, event };
    const id = await letter("queue", JSON.stringify(queued));
    const refused = await replay(id);
    expect(refused.status).toBe(422);
    expect(refused.body.detail).toContain("no subscriber has its address");
    await withSetting("[", async () => {
      expect((await replay(id, "operator")).status).toBe(503);
    });
    await withSubscribers([subscriber], async () => {
      expect((await replay(id)).status).toBe(200);
      await eventually(
        () => Promise.resolve(subscriber.received),
        (received) => received.some((each) => each.id === queued.id),
      );
    });
    expect(await isKept(id)).toBe(false);
  });

  it("of an event gives it days anew, however long it waited in both queues", async () => {
    const subscriber = newSubscriber();
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const event = {
      type: "conversation.created",
      conversation_id: conversation.id,
      sequence: 1,
      at: Date.now(),
    };
    const queued = { version: 1, id: unique("evt_"), subscriber: subscriber.url, event };
    const waited = { ...queued, queued_at: Date.now() - 3 * 86_400_000 };
    const id = await letter("events", JSON.stringify(waited));
    vi.spyOn(console, "error").mockReturnValue();
    subscriber.answer = (attempt) => new Response(null, { status: attempt === 1 ? 500 : 204 });
    await withSubscribers([subscriber], async () => {
      expect((await replay(id)).status).toBe(200);
      // Without them, the first refusal would be the last.
      await eventually(
        () => Promise.resolve(subscriber.received),
        (received) => received.some((each) => each.id === queued.id),
      );
    });
  });

  it("of a message tells subscribers of it, under the number that it had", () =>
    withRecordedEvents(async ({ events }) => {
      const conversation = conversationRow();
      await projectRows({ conversations: [conversation] });
      const [numbered, older] = [takenMessage({ sequence: 7 }), inboundMessage()];
      for (const message of [numbered, older]) {
        const payload = JSON.stringify({ conversation_id: conversation.id, message });
        expect((await replay(await letter("message", payload))).status).toBe(200);
      }
      expect(events).toMatchObject([
        { type: "message.received", sequence: 7, message_id: numbered.id },
      ]);
    }));

  it("of a message goes to its conversation in D1", async () => {
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const message = inboundMessage();
    const id = await letter(
      "message",
      JSON.stringify({ conversation_id: conversation.id, message }),
    );
    expect((await replay(id)).status).toBe(200);
    expect(
      await oneRow("SELECT id, conversation_id FROM messages WHERE wamid = ?", message.wamid),
    ).toEqual({ id: message.id, conversation_id: conversation.id });
    expect(await isKept(id)).toBe(false);
  });

  it("of a message whose conversation merged meanwhile goes to the survivor (I8)", async () => {
    const survivor = conversationRow();
    await projectRows({ conversations: [survivor] });
    const merged = unique("merged-");
    await env.DB.prepare("INSERT INTO merged_conversations (id, into_id) VALUES (?, ?)")
      .bind(merged, survivor.id)
      .run();
    const message = inboundMessage();
    await replay(await letter("message", JSON.stringify({ conversation_id: merged, message })));
    expect(
      await oneRow("SELECT conversation_id FROM messages WHERE wamid = ?", message.wamid),
    ).toEqual({ conversation_id: survivor.id });
  });

  it("of a message that D1 refuses still is refused and stays", async () => {
    const message = inboundMessage();
    // No column takes it: a NOT NULL one is missing.
    const { conversation_id } = messageProjection(unique("c-"), message);
    const without = { ...message, type: null };
    const id = await letter("message", JSON.stringify({ conversation_id, message: without }));
    expect((await replay(id)).status).toBe(422);
    expect(await isKept(id)).toBe(true);
  });

  it.each(["paloma-status", "queue", "status"])(
    "of a status (%s) moves its message, and repeated changes nothing (I6)",
    async (source) => {
      const { id: messageId } = await claimOutbound();
      const status = statusRow(newWamid(), "delivered", { message_id: messageId });
      for (let time = 0; time < 2; time += 1) {
        const id = await letter(source, JSON.stringify(status));
        expect((await replay(id)).status).toBe(200);
        expect(await isKept(id)).toBe(false);
      }
      expect(await oneRow("SELECT meta_status FROM messages WHERE id = ?", messageId)).toEqual({
        meta_status: "delivered",
      });
    },
  );

  it("of a pack of statuses moves all of their messages, and repeated changes nothing (I6)", async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await claimOutbound()).id));
    const pack = statusPack(
      ids.map((id) =>
        statusRow(newWamid(), "delivered", { said: { biz_opaque_callback_data: id } }),
      ),
    );
    for (let time = 0; time < 2; time += 1) {
      // As a Worker that knows no packs keeps it.
      const id = await letter("paloma-status", JSON.stringify(pack));
      expect((await replay(id)).status).toBe(200);
      expect(await isKept(id)).toBe(false);
    }
    for (const id of ids) {
      expect(await oneRow("SELECT meta_status FROM messages WHERE id = ?", id)).toEqual({
        meta_status: "delivered",
      });
    }
  });

  it("of a pack keeps what D1 refuses of it as letters of their own", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const [good, bad] = [newWamid(), newWamid()];
    const pack = statusPack([statusRow(good, "sent"), statusRow(bad, "sent")]);
    const item = { payload: `[${JSON.stringify(bad)}]` };
    const payload = JSON.stringify({ ...pack, statuses: [...pack.statuses, item] });
    const id = await letter("paloma-status", payload);
    await withRefused([bad], async () => {
      expect((await replay(id)).status).toBe(200);
    });
    expect(await isKept(id)).toBe(false);
    const statusesOf = (wamid: string) =>
      allRows("SELECT status FROM message_statuses WHERE wamid = ?", wamid);
    expect(await statusesOf(good)).toHaveLength(1);
    const kept = await listDeadLetters(database, { after: null, limit: 2 });
    expect(kept.map(({ reason }) => reason).toSorted()).toEqual([
      "D1 refused its content",
      "not a status this version can read",
    ]);
    const refused = kept.find(({ reason }) => reason === "D1 refused its content");
    expect((await replay(refused?.id ?? "")).status).toBe(200);
    expect(await statusesOf(bad)).toHaveLength(1);
  });

  it("of a status that D1 refuses still is refused and stays", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const wamid = newWamid();
    const id = await letter("paloma-status", JSON.stringify(statusRow(wamid, "sent")));
    await withRefused([wamid], async () => {
      expect(await replay(id)).toMatchObject({ status: 422 });
    });
    expect(await isKept(id)).toBe(true);
  });

  it("of what a queue gave up on after every retry works end to end", async () => {
    const { id: messageId } = await claimOutbound();
    const status = statusRow(newWamid(), "read", { message_id: messageId });
    const { batch, acked } = messageBatch("paloma-dead-letters", [{ body: status, attempts: 101 }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    expect((await replay(await newestId())).status).toBe(200);
    expect(await oneRow("SELECT meta_status FROM messages WHERE id = ?", messageId)).toEqual({
      meta_status: "read",
    });
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "sent"],
    ["a list", [statusRow("wamid.x", "sent")]],
    ["of a later version", { ...statusRow("wamid.later", "sent"), version: 2 }],
    ["of a pack without one that can be read", { ...statusPack([]), statuses: ["sent"] }],
    ["of a pack of a later version", { ...statusPack([statusRow("wamid.x", "sent")]), version: 3 }],
    ["with a time in words", { ...statusRow("wamid.words", "sent"), at: "1795348740" }],
  ])("of a status that is %s is refused and stays", async (_case, status) => {
    const id = await letter("paloma-status", JSON.stringify(status));
    expect((await replay(id)).status).toBe(422);
    expect(await isKept(id)).toBe(true);
  });

  it("larger than a row is replayed whole, and nothing of it is left", async () => {
    const field = unique("field_");
    const text = "x".repeat(700_000);
    const id = await letter("webhook", JSON.stringify(webhookBody({ field, value: { text } })));
    expect((await replay(id)).body).toEqual({ replayed: true });
    const { body } = await paloma.api("GET", `/v1/events?field=${field}`);
    expect(body.data[0].value.text === text).toBe(true);
    expect(await allRows("SELECT part FROM oversized_values WHERE owner_id = ?", id)).toEqual([]);
  });

  it("while D1 or the queue fails keeps the letter", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const id = await letter(
      "webhook",
      JSON.stringify(
        webhookBody(messagesChange({ statuses: [messageStatus(newWamid(), "sent")] })),
      ),
    );
    vi.spyOn(Object.getPrototypeOf(env.STATUS_QUEUE), "sendBatch").mockRejectedValue(
      new Error("Queue sendBatch failed"),
    );
    expect((await replay(id)).status).toBe(500);
    expect(await isKept(id)).toBe(true);
  });

  it("that nobody knows is not found", async () => {
    expect(await replay("ded_unknown")).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("is the operator's alone", async () => {
    const id = await letter("paloma-status", JSON.stringify(statusRow(newWamid(), "sent")));
    expect((await replay(id, null)).status).toBe(401);
    expect((await replay(id, "reader")).status).toBe(403);
    expect((await replay(id, "sender")).status).toBe(403);
    expect(await isKept(id)).toBe(true);
    // A token without scopes has all.
    expect((await replay(id, "clinic")).status).toBe(200);
  });
});
