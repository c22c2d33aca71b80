import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { upkeep } from "../../src/jobs/cron.ts";
import { conversationName } from "../../src/lib/address.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import {
  DAY_MS,
  HOUR_MS,
  newPhoneAddress,
  outgoingTemplate,
  SHOWN,
} from "../support/conversation-messages.ts";
import { eventually, NUMBER, startPaloma } from "../support/paloma.ts";
import { withRecordedEvents } from "../support/recorded-events.ts";
import {
  acceptedSend,
  allRows,
  claimOutbound,
  conversationRow,
  messageIdAt,
  oneRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";
import { claimByOldWorker } from "../support/old-claims.ts";

const MINUTE_MS = 60 * 1000;
const THREE_MINUTES_MS = 3 * MINUTE_MS;

const database = createDatabase(env.DB);

const stateOf = (id: string) => oneRow("SELECT state FROM messages WHERE id = ?", id);

beforeEach(() => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
});

/** A claim whose Worker died right after it, so long ago. */
async function leftClaim(
  age: number,
  members: { sendOptions?: string; conversationId?: string } = {},
) {
  const address = newPhoneAddress();
  const name = conversationName(NUMBER, address);
  const conversation_id = members.conversationId ?? env.CONVERSATION.idFromName(name).toString();
  const at = Date.now() - age;
  const outgoing = outgoingTemplate({ id: messageIdAt(at), dial: { to: `+${address.phone}` } });
  await claimByOldWorker({
    message: {
      id: outgoing.id,
      conversation_id,
      phone_number_id: NUMBER,
      direction: "outbound",
      type: "template",
      body: "Hola",
      payload: "{}",
      state: "pending",
      send_options: members.sendOptions ?? JSON.stringify(outgoing),
      created_at: at,
    },
    conversation: {
      id: conversation_id,
      kind: "individual",
      phone_number_id: NUMBER,
      phone: address.phone,
      status: "pending",
      unread_count: 0,
      last_message_at: at,
      version: 0,
      created_at: at,
      updated_at: at,
    },
  });
  return { id: outgoing.id, conversation_id, to: `+${address.phone}` };
}

describe("a claim whose send never started", () => {
  it("leaves once, however often upkeep comes by (I7)", async () => {
    const { simulator } = startPaloma();
    const claim = await leftClaim(THREE_MINUTES_MS);
    await Promise.all([upkeep(env, Date.now()), upkeep(env, Date.now())]);
    await eventually(
      () => stateOf(claim.id),
      ({ state }) => state === "accepted",
    );
    await upkeep(env, Date.now());
    await upkeep(env, Date.now() + DAY_MS / 2);
    await scheduler.wait(100);
    const sentToThem = simulator.sent.filter(({ body }) => body["to"] === claim.to);
    expect(sentToThem).toHaveLength(1);
    expect(
      await oneRow(
        "SELECT version > 0 AS spoken FROM conversations WHERE id = ?",
        claim.conversation_id,
      ),
    ).toEqual({ spoken: 1 });
  });

  it("is left alone while its request may be at work (I7)", async () => {
    const { simulator } = startPaloma();
    const claim = await leftClaim(MINUTE_MS);
    await upkeep(env, Date.now());
    await scheduler.wait(100);
    expect(await stateOf(claim.id)).toEqual({ state: "pending" });
    expect(simulator.sent).toEqual([]);
    // A minute later it is nobody's.
    await upkeep(env, Date.now() + 2 * MINUTE_MS);
    await eventually(
      () => stateOf(claim.id),
      ({ state }) => state === "accepted",
    );
  });

  it("does not hold up the others if it can't be sent at all (I7)", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    startPaloma();
    const bad = [
      await leftClaim(3 * HOUR_MS, { sendOptions: "not JSON" }),
      await leftClaim(2 * HOUR_MS, { conversationId: unique("no-object-") }),
    ];
    const good = await leftClaim(THREE_MINUTES_MS);
    await upkeep(env, Date.now());
    const sent = await eventually(
      () => stateOf(good.id),
      ({ state }) => state === "accepted",
    );
    expect(sent).toEqual({ state: "accepted" });
    for (const { id } of bad) {
      await env.DB.prepare("DELETE FROM messages WHERE id = ?").bind(id).run();
    }
  });
});

describe("an unconfirmed send", () => {
  /** Created so long ago; Meta's answer to it was lost. */
  async function unconfirmed(age: number, members: { send_at?: number } = {}) {
    const at = Date.now() - age;
    const id = messageIdAt(at);
    await claimOutbound({ id, created_at: at, state: "unconfirmed", ...members });
    return id;
  }

  it("of which no status came in 24 hours has failed (I7)", async () => {
    const id = await unconfirmed(DAY_MS + MINUTE_MS);
    const now = Date.now();
    await upkeep(env, now);
    const row = await oneRow("SELECT state, failed_at, error FROM messages WHERE id = ?", id);
    expect(row).toMatchObject({ state: "failed", failed_at: now });
    expect(JSON.parse(String(row["error"]))).toMatchObject({ code: "unconfirmed" });
  });

  it("is told of, under one id, although the queue refused it at first", () =>
    withRecordedEvents(async ({ events, ids, refuse }) => {
      vi.spyOn(console, "error").mockReturnValue();
      const id = await unconfirmed(DAY_MS + MINUTE_MS);
      refuse(true);
      await upkeep(env, Date.now());
      expect(await stateOf(id)).toEqual({ state: "unconfirmed" });
      refuse(false);
      await upkeep(env, Date.now());
      await upkeep(env, Date.now());
      expect(await stateOf(id)).toEqual({ state: "failed" });
      const told = events.flatMap((event, place) =>
        event.type === "message.status" && event.message_id === id
          ? [[event.status, ids[place]]]
          : [],
      );
      expect(told).toEqual([["failed", expect.stringMatching(/^evt_/)]]);
    }));

  it("stays so before that", async () => {
    const id = await unconfirmed(DAY_MS - MINUTE_MS);
    await upkeep(env, Date.now());
    expect(await stateOf(id)).toEqual({ state: "unconfirmed" });
  });

  it("with a status is what the status says (I6)", async () => {
    const id = await unconfirmed(2 * DAY_MS);
    const status = statusRow(unique("wamid."), "sent", { message_id: id });
    await recordStatuses(database, [status]);
    await upkeep(env, Date.now());
    expect(await oneRow("SELECT state, meta_status FROM messages WHERE id = ?", id)).toEqual({
      state: "unconfirmed",
      meta_status: "sent",
    });
  });

  it("that was scheduled has its 24 hours from when it was due (I7)", async () => {
    const recent = await unconfirmed(3 * DAY_MS, { send_at: Date.now() - HOUR_MS });
    const old = await unconfirmed(3 * DAY_MS, { send_at: Date.now() - DAY_MS - HOUR_MS });
    await upkeep(env, Date.now());
    expect(await stateOf(recent)).toEqual({ state: "unconfirmed" });
    expect(await stateOf(old)).toEqual({ state: "failed" });
  });

  it("that waited long before its call has its 24 hours from the call (I7)", async () => {
    const { simulator } = startPaloma();
    simulator.rules.add({ effect: { kind: "lost_connection", when: "before" } });
    const address = newPhoneAddress();
    const made_at = Date.now() - 3 * DAY_MS;
    const id = messageIdAt(made_at);
    const expires_at = Date.now() + DAY_MS;
    const message = outgoingTemplate({ id, made_at, expires_at, shown: SHOWN });
    await env.CONVERSATION.getByName(conversationName(NUMBER, address)).dispatch({
      message,
      address,
      key: null,
    });
    expect(await stateOf(id)).toEqual({ state: "unconfirmed" });
    await upkeep(env, Date.now() + HOUR_MS);
    expect(await stateOf(id)).toEqual({ state: "unconfirmed" });
    await upkeep(env, Date.now() + DAY_MS + HOUR_MS);
    expect(await stateOf(id)).toEqual({ state: "failed" });
  });

  it("failed so is corrected by a status that comes after all (I6)", async () => {
    const id = await unconfirmed(2 * DAY_MS);
    await upkeep(env, Date.now());
    await recordStatuses(database, [statusRow(unique("wamid."), "delivered", { message_id: id })]);
    expect(await oneRow("SELECT state, meta_status FROM messages WHERE id = ?", id)).toEqual({
      state: "failed",
      meta_status: "delivered",
    });
  });
});

describe("a status whose message never came", () => {
  it("is forgotten after 30 days, and no sooner (I10)", async () => {
    const now = Date.now();
    const old = statusRow(unique("wamid."), "sent", { at: now - 30 * DAY_MS - MINUTE_MS });
    const young = statusRow(unique("wamid."), "sent", { at: now - 30 * DAY_MS + MINUTE_MS });
    const { id, conversation } = await claimOutbound();
    const known = statusRow(unique("wamid."), "read", { at: now - 60 * DAY_MS });
    await projectRows({ sends: [acceptedSend(conversation, { id, wamid: known.wamid })] });
    await recordStatuses(database, [old, young, known]);
    await upkeep(env, now);
    const kept = await allRows(
      "SELECT wamid FROM message_statuses WHERE wamid IN (SELECT value FROM json_each(?))",
      JSON.stringify([old.wamid, young.wamid, known.wamid]),
    );
    expect(new Set(kept.map(({ wamid }) => wamid))).toEqual(new Set([young.wamid, known.wamid]));
  });
});

describe("a conversation's row that no object took over", () => {
  const rowOf = (id: string) => allRows("SELECT id FROM conversations WHERE id = ?", id);

  it("vanishes if nothing was said in it (I8)", async () => {
    const at = Date.now() - THREE_MINUTES_MS;
    const empty = conversationRow({ version: 0, created_at: at });
    const young = conversationRow({ version: 0, created_at: Date.now() - MINUTE_MS });
    const spoken = conversationRow({ version: 1, created_at: at });
    await projectRows({ conversations: [empty, young, spoken] });
    await upkeep(env, Date.now());
    expect(await rowOf(empty.id)).toEqual([]);
    expect(await rowOf(young.id)).toHaveLength(1);
    expect(await rowOf(spoken.id)).toHaveLength(1);
  });

  it("stays while it has a message, which could not be shown without", async () => {
    const { id, conversation_id } = await leftClaim(THREE_MINUTES_MS);
    await env.DB.prepare("UPDATE messages SET state = 'failed' WHERE id = ?").bind(id).run();
    await upkeep(env, Date.now());
    expect(await rowOf(conversation_id)).toHaveLength(1);
  });
});

describe("each step of upkeep is alone (I10)", () => {
  /** D1 that refuses every statement that says this. */
  function refusing(part: RegExp): Env {
    const prepare = (sql: string) => {
      if (part.test(sql)) throw new Error("D1_ERROR: D1 DB is overloaded.");
      return env.DB.prepare(sql);
    };
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = name === "prepare" ? prepare : Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    return { ...env, DB };
  }

  let errors: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  });

  afterEach(() => {
    errors.mockRestore();
  });

  it.each([
    ["resume_claims", /SELECT m\.id, m\.conversation_id, m\.send_options/],
    ["drop_unspoken_conversations", /DELETE FROM conversations/],
    ["fail_unconfirmed", /SET state = 'failed'/],
    ["expire_orphaned_statuses", /DELETE FROM message_statuses/],
  ])("where %s fails, the others run", async (name, statement) => {
    startPaloma();
    const now = Date.now();
    const claim = await leftClaim(THREE_MINUTES_MS);
    const lost = messageIdAt(now - 2 * DAY_MS);
    await claimOutbound({ id: lost, created_at: now - 2 * DAY_MS, state: "unconfirmed" });
    const orphan = statusRow(unique("wamid."), "sent", { at: now - 31 * DAY_MS });
    await recordStatuses(database, [orphan]);
    const placeholder = conversationRow({ version: 0, created_at: now - HOUR_MS });
    await projectRows({ conversations: [placeholder] });

    await upkeep(refusing(statement), now);
    if (name !== "resume_claims") {
      await eventually(
        () => stateOf(claim.id),
        ({ state }) => state === "accepted",
      );
    }
    const done = {
      resume_claims: (await stateOf(claim.id))["state"] === "accepted",
      drop_unspoken_conversations:
        (await allRows("SELECT id FROM conversations WHERE id = ?", placeholder.id)).length === 0,
      fail_unconfirmed: (await stateOf(lost))["state"] === "failed",
      expire_orphaned_statuses:
        (await allRows("SELECT wamid FROM message_statuses WHERE wamid = ?", orphan.wamid))
          .length === 0,
    };
    expect(done).toEqual({
      resume_claims: true,
      drop_unspoken_conversations: true,
      fail_unconfirmed: true,
      expire_orphaned_statuses: true,
      [name]: false,
    });
    expect(JSON.stringify(errors.mock.calls)).toContain(name);
    await upkeep(env, now);
  });
});
