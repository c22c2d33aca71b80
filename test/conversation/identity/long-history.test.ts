/** A person with a long history: no call, no value and no row of theirs grows with it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { ConversationMerge } from "../../../src/conversation/identity/merge.ts";
import type { Address } from "../../../src/lib/address.ts";
import {
  DAY_MS,
  HOUR_MS,
  newUserId,
  outgoingMessage,
} from "../../support/conversation-messages.ts";
import { conversationAt, rowsIn, seenIn } from "../../support/conversation-object.ts";
import { watchCrossings } from "../../support/crossings.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { eventually, newCustomer, startPaloma } from "../../support/paloma.ts";
import {
  messagesChange,
  newWamid,
  textMessage,
  webhookBody,
} from "../../support/webhook-bodies.ts";

const SEEN = 50_000;
const UNREAD = 1000;
const SCHEDULED = 1000;
const TEXT = "Luna y Nube van el lunes. ".repeat(320).slice(0, 8192);

const phone = (waId: string): Address => ({ kind: "phone", phone: waId.replace(/^521/, "52") });
const user = (user_id: string): Address => ({ kind: "user", user_id });

function textOf(userId: string, text: string) {
  const { from: _phone, ...message } = textMessage("", text, { from_user_id: userId });
  return webhookBody(messagesChange({ messages: [message] }));
}

/** A conversation under a BSUID with a long history, and a short one under a phone. */
async function longAndShort(
  paloma: ReturnType<typeof startPaloma>,
  { seen, scheduled } = { seen: SEEN, scheduled: SCHEDULED },
) {
  const [ana, userId] = [newCustomer(), newUserId()];
  const [from, into] = [() => conversationAt(user(userId)), () => conversationAt(phone(ana))];
  const first = textOf(userId, "uno");
  await paloma.webhook(first);
  await paloma.webhook(webhookBody(messagesChange({ messages: [textMessage(ana, "dos")] })));
  await runDurableObjectAlarm(from());
  await runDurableObjectAlarm(into());
  const send = (text: string) =>
    paloma.api("POST", "/v1/messages", {
      conversation_id: from().id.toString(),
      window: "meta",
      send_at: new Date(Date.now() + HOUR_MS).toISOString(),
      text: { body: text },
    });
  const [canceled, stays] = [await send("no"), await send("sí")];
  await runInDurableObject(from(), (_object, { storage }) => {
    const now = Date.now();
    storage.transactionSync(() => {
      for (let count = 1; count < seen; count += 1) {
        storage.sql.exec(
          "INSERT INTO inbox (wamid, message_id, unread, received_at) VALUES (?, ?, ?, ?)",
          newWamid(),
          `msg_${(now - DAY_MS).toString(16).padStart(12, "0")}${String(count).padStart(20, "0")}`,
          count < UNREAD ? 1 : 0,
          now,
        );
      }
      for (let count = 2; count < scheduled; count += 1) {
        const message = outgoingMessage({
          ready_at: now + HOUR_MS,
          content: JSON.stringify({ body: TEXT }),
        });
        storage.sql.exec(
          `INSERT INTO outbox (message_id, stage, ready_at, due_at, attempts, message, report,
             revision, recorded, created_at)
           VALUES (?, 'waiting', ?, ?, 0, ?, '{"state":"scheduled","error":null}', 1, 1, ?)`,
          message.id,
          message.ready_at,
          message.ready_at,
          JSON.stringify(message),
          now,
        );
      }
    });
  });
  // An object of 0.1.0 has its wamids in rows.
  await evictDurableObject(from());
  return { ana, userId, first, from, into, canceled, stays };
}

type Long = Awaited<ReturnType<typeof longAndShort>>;

/** Parts that wait, for which there is a table only where some ever came. */
async function arrivalsIn(stub: ReturnType<Long["from"]>): Promise<number> {
  const tables = await rowsIn(stub, "SELECT 1 AS n FROM sqlite_master WHERE name = 'arrivals'");
  return tables.length === 0 ? 0 : (await rowsIn(stub, "SELECT 1 AS n FROM arrivals")).length;
}

async function holdings(stub: ReturnType<Long["from"]>) {
  const waiting = await rowsIn(stub, "SELECT 1 FROM outbox WHERE stage = 'waiting'");
  const seen = await seenIn(stub);
  const unread = seen.filter((each) => each.unread).length;
  return {
    seen: seen.length,
    unread,
    waiting: waiting.length,
    arrivals: await arrivalsIn(stub),
  };
}

async function runAlarms({ from, into }: Pick<Long, "from" | "into">): Promise<void> {
  for (const stub of [from, into, from, into]) await runDurableObjectAlarm(stub());
}

function silence(): void {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
}

describe("I8: a conversation of 50,000 messages and 1,000 scheduled texts", () => {
  it("moves to another object in parts, and answers while it does", async () => {
    const paloma = startPaloma();
    const long = await longAndShort(paloma);
    await long.from().pointTo(long.into().id.toString());
    await runAlarms(long);
    expect(await holdings(long.into())).toEqual({
      seen: SEEN + 1,
      unread: UNREAD + 1,
      waiting: SCHEDULED,
      arrivals: 0,
    });
    expect(await holdings(long.from())).toEqual({ seen: 0, unread: 0, waiting: 0, arrivals: 0 });
    const path = `/v1/conversations/${long.from().id.toString()}`;
    const { body: moved } = await paloma.api("GET", path);
    expect(moved).toMatchObject({ id: long.into().id.toString(), unread_count: UNREAD + 1 });
    const { body: canceled } = await paloma.api("DELETE", `/v1/messages/${long.canceled.body.id}`);
    expect(canceled.status).toBe("canceled");
    expect((await paloma.api("POST", `${path}/read`)).body.unread_count).toBe(0);
    const erased = await paloma.api("DELETE", `/v1/contacts/${long.userId}`, undefined, {
      token: "operator",
    });
    expect(erased.status).toBe(204);
    expect(await holdings(long.into())).toMatchObject({ seen: 0, waiting: 0 });
  });

  it.each(["aborted", "answer_lost"] as const)(
    "is whole whatever call it breaks off at (%s), and counts once (I4, I7)",
    async (kind) => {
      silence();
      const paloma = startPaloma();
      const long = await longAndShort(paloma, { seen: 12_000, scheduled: 150 });
      const crossings = watchCrossings();
      await long.from().pointTo(long.into().id.toString());
      let parts = 0;
      for (let at = 0; (await holdings(long.from())).seen !== 0; at += 1) {
        crossings.start({ at, kind });
        await runDurableObjectAlarm(long.from()).catch(() => undefined);
        parts = Math.max(parts, crossings.count("keepPart"));
        crossings.stop();
        // Meta delivers again what the moved object took.
        expect([200, 500]).toContain((await paloma.webhook(long.first)).status);
      }
      expect(parts).toBeGreaterThan(3);
      await runAlarms(long);
      expect(await holdings(long.into())).toEqual({
        seen: 12_001,
        unread: UNREAD + 1,
        waiting: 150,
        arrivals: 0,
      });
    },
  );

  it("sends nothing, shows nothing and counts nothing before all of it is there (I4, I7)", async () => {
    silence();
    const paloma = startPaloma();
    const long = await longAndShort(paloma);
    const absorb = vi.spyOn(ConversationMerge.prototype, "takeOver").mockImplementation(() => {
      throw new Error("not reached");
    });
    const d1 = faultyD1();
    await long.from().pointTo(long.into().id.toString());
    await eventually(
      () => runDurableObjectAlarm(long.from()).then(() => absorb.mock.calls.length),
      (calls) => calls >= 1,
    );
    d1.set("refused");
    expect(await holdings(long.into())).toMatchObject({ seen: 1, unread: 1, waiting: 0 });
    await runDurableObjectAlarm(long.into());
    absorb.mockRestore();
    await runAlarms(long);
    // Objects alone hold it, and the way through the old one works.
    expect(await holdings(long.into())).toMatchObject({ seen: SEEN + 1, waiting: SCHEDULED });
    const read = await long.from().read(null);
    expect(read?.conversation).toMatchObject({ unread_count: 0 });
    const canceled = await long.from().cancel(long.canceled.body.id);
    expect(canceled?.progress.report.state).toBe("canceled");
    d1.set("none");
    await runAlarms(long);
    expect(await holdings(long.into())).toMatchObject({ unread: 0, waiting: SCHEDULED - 1 });
    expect(await holdings(long.from())).toMatchObject({ seen: 0, waiting: 0 });
    expect((await paloma.api("GET", `/v1/messages/${long.stays.body.id}`)).body).toMatchObject({
      status: "scheduled",
      conversation_id: long.into().id.toString(),
    });
  });

  it("comes by parts again in vain once it is there, and by an older object in one call", async () => {
    const paloma = startPaloma();
    const long = await longAndShort(paloma);
    const [from, into] = [long.from().id.toString(), long.into().id.toString()];
    const parts = vi.spyOn(ConversationMerge.prototype, "keepPart");
    await long.from().pointTo(into);
    await runAlarms(long);
    const [, part] = parts.mock.calls[0] ?? [];
    expect(parts.mock.calls.length).toBeGreaterThan(2);
    if (part === undefined) throw new Error("nothing came in parts");
    await long.into().keepPart(from, part);
    expect(await holdings(long.into())).toMatchObject({ arrivals: 0, seen: SEEN + 1 });

    const heir = newUserId();
    const [record] = await rowsIn<{ value: string }>(long.into(), "SELECT value FROM state");
    const { state } = JSON.parse(record?.value ?? "{}");
    const seen = (await seenIn(long.into())).map(({ id, unread }) => {
      return { wamid: newWamid(), message_id: id, unread: Number(unread), received_at: Date.now() };
    });
    const outbox = await rowsIn(
      long.into(),
      `SELECT message_id, stage, ready_at, due_at, attempts, message, report, revision, recorded,
         created_at FROM outbox`,
    );
    const older = { state, home: null, seen, outbox };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows as they stand there
    await conversationAt(user(heir)).absorb(into, older as never);
    expect(await holdings(conversationAt(user(heir)))).toMatchObject({
      seen: SEEN + 1,
      waiting: SCHEDULED,
    });
  });
});
