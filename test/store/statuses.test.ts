import { test } from "@fast-check/vitest";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import type { MessageStatus } from "../../src/store/message-status.ts";
import { listStatuses } from "../../src/store/messages.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  acceptedSend,
  allRows,
  claimOutbound,
  conversationRow,
  messageRow,
  NOON,
  oneRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const SECOND_MS = 1000;

/** A property is many tests, and the machine may be busy. */
const PATIENCE_MS = 30 * SECOND_MS;

const database = createDatabase(env.DB);

const PRICING = { billable: true, pricing_model: "PMP", type: "regular", category: "utility" };

const UNDELIVERABLE = {
  code: 131026,
  title: "Message undeliverable",
  error_data: { details: "Ñandú no tiene WhatsApp." },
};

/** What Meta's statuses make of a message row. */
const DERIVED =
  "SELECT meta_status, meta_error, pricing, sent_at, delivered_at, read_at, meta_failed_at FROM messages WHERE id = ?";

const UNTOLD = {
  meta_status: null,
  meta_error: null,
  pricing: null,
  sent_at: null,
  delivered_at: null,
  read_at: null,
  meta_failed_at: null,
};

/** A message of ours that Meta took. */
async function sentMessage() {
  const { id, conversation } = await claimOutbound();
  const wamid = unique("wamid.");
  await projectRows({ sends: [acceptedSend(conversation, { id, wamid })] });
  return { id, wamid, conversation };
}

const record = async (...statuses: MessageStatus[]) =>
  (await recordStatuses(database, statuses)).known;

/** The wamid with statuses a second apart, in the order given. */
const inTurn = (wamid: string, ...names: string[]) =>
  names.map((name, second) => statusRow(wamid, name, { at: NOON + second * SECOND_MS }));

describe("I6: the status lattice", () => {
  it.each([
    [["sent"], "sent"],
    [["sent", "delivered"], "delivered"],
    [["delivered", "sent"], "delivered"],
    [["sent", "delivered", "read"], "read"],
    [["read", "played"], "played"],
    [["played", "read", "delivered", "failed", "sent"], "played"],
    [["sent", "failed"], "failed"],
    [["failed", "sent"], "failed"],
    [["sent", "failed", "delivered"], "delivered"],
    [["delivered", "failed"], "delivered"],
    [["sent", "read"], "read"],
    [["deleted"], "deleted"],
    [["deleted", "sent"], "sent"],
    [["sent", "some_day_a_new_one"], "sent"],
  ])("%j makes it %s", async (names, expected) => {
    const { id, wamid } = await sentMessage();
    for (const status of inTurn(wamid, ...names)) await record(status);
    expect(await oneRow(DERIVED, id)).toMatchObject({ meta_status: expected });
  });

  it("stands above whatever we think ourselves", async () => {
    const { id, conversation } = await claimOutbound();
    const wamid = unique("wamid.");
    await record(statusRow(wamid, "sent", { message_id: id }));
    const failed = { state: "failed", error: '{"code":"expired"}', failed_at: NOON, wamid: null };
    await projectRows({ sends: [acceptedSend(conversation, { id, ...failed })] });
    expect(await oneRow("SELECT * FROM messages WHERE id = ?", id)).toMatchObject({
      meta_status: "sent",
      state: "failed",
      failed_at: NOON,
      wamid,
    });
  });

  it("read implies delivered where that never came, by its own time where it did", async () => {
    const [silent, told] = [await sentMessage(), await sentMessage()];
    await record(
      statusRow(silent.wamid, "read", { at: NOON + 9 }),
      ...inTurn(told.wamid, "sent", "delivered", "read"),
    );
    expect(await oneRow(DERIVED, silent.id)).toMatchObject({
      sent_at: null,
      delivered_at: NOON + 9,
      read_at: NOON + 9,
    });
    expect(await oneRow(DERIVED, told.id)).toMatchObject({
      sent_at: NOON,
      delivered_at: NOON + SECOND_MS,
      read_at: NOON + 2 * SECOND_MS,
    });
  });

  it("played means read", async () => {
    const { id, wamid } = await sentMessage();
    await record(statusRow(wamid, "played"));
    expect(await oneRow(DERIVED, id)).toMatchObject({ read_at: NOON, delivered_at: NOON });
  });

  it("keeps the error while it failed, and only then", async () => {
    const { id, wamid } = await sentMessage();
    await record(statusRow(wamid, "failed", { said: { errors: [UNDELIVERABLE, { code: 1 }] } }));
    const failed = await oneRow(DERIVED, id);
    expect(failed).toMatchObject({ meta_status: "failed", meta_failed_at: NOON });
    expect(JSON.parse(String(failed["meta_error"]))).toEqual(UNDELIVERABLE);
    await record(statusRow(wamid, "delivered", { at: NOON + SECOND_MS }));
    expect(await oneRow(DERIVED, id)).toMatchObject({ meta_status: "delivered", meta_error: null });
  });

  it("keeps the newest pricing, whichever status tells it", async () => {
    const { id, wamid } = await sentMessage();
    await record(
      statusRow(wamid, "sent", { said: { pricing: { ...PRICING, category: "marketing" } } }),
      statusRow(wamid, "delivered", { at: NOON + 1, said: { pricing: PRICING } }),
      statusRow(wamid, "read", { at: NOON + 2 }),
    );
    const { pricing } = await oneRow(DERIVED, id);
    expect(JSON.parse(String(pricing))).toEqual(PRICING);
  });

  it("of a group is the furthest that any member got, each told apart", async () => {
    const { id, wamid } = await sentMessage();
    const by = (status: string, participant: string, at: number) =>
      statusRow(wamid, status, { participant, at });
    await record(
      by("delivered", "5219982220001", NOON + 1),
      by("delivered", "5219982220002", NOON + 2),
      by("read", "5219982220002", NOON + 4),
      by("failed", "5219982220003", NOON + 3),
    );
    expect(await oneRow(DERIVED, id)).toMatchObject({
      meta_status: "read",
      delivered_at: NOON + 1,
      read_at: NOON + 4,
      meta_failed_at: NOON + 3,
    });
    const listed = await listStatuses(database, { wamid, phone_number_id: NUMBER });
    expect(listed.map(({ status, participant }) => [status, participant])).toEqual([
      ["delivered", "5219982220001"],
      ["delivered", "5219982220002"],
      ["failed", "5219982220003"],
      ["read", "5219982220002"],
    ]);
  });

  it("told twice with different times counts by the earliest, whichever comes first", async () => {
    const [one, other] = [await sentMessage(), await sentMessage()];
    const early = (wamid: string) => statusRow(wamid, "delivered", { at: NOON });
    const late = (wamid: string) => statusRow(wamid, "delivered", { at: NOON + SECOND_MS });
    await record(early(one.wamid));
    await record(late(one.wamid));
    await record(late(other.wamid), early(other.wamid));
    expect(await oneRow(DERIVED, one.id)).toMatchObject({ delivered_at: NOON });
    expect(await oneRow(DERIVED, other.id)).toMatchObject({ delivered_at: NOON });
  });
});

type Told = { name: string; participant: string; second: number; priced: boolean };

const told: fc.Arbitrary<Told> = fc.record({
  name: fc.constantFrom("sent", "failed", "delivered", "read", "played", "deleted", "warning"),
  participant: fc.constantFrom("", "5219982220001"),
  second: fc.nat(4),
  priced: fc.boolean(),
});

function statusOf(wamid: string, { name, participant, second, priced }: Told): MessageStatus {
  return statusRow(wamid, name, {
    participant,
    at: NOON + second * SECOND_MS,
    said: {
      ...(priced ? { pricing: { category: `${name}-${participant}-${second}` } } : {}),
      ...(name === "failed" ? { errors: [{ code: second }] } : {}),
    },
  });
}

const RANKS = new Map(["sent", "failed", "delivered", "read", "played"].entries().map(swap));

function swap([rank, name]: [number, string]): [string, number] {
  return [name, rank + 1];
}

const compare = (one: string | number, other: string | number) =>
  one < other ? -1 : Number(one > other);

/** The reference model: what a message row must say after these statuses. */
function model(statuses: readonly MessageStatus[]) {
  const earliest = statuses.toSorted((a, b) => a.at - b.at || compare(a.payload, b.payload));
  const recorded = [
    ...Map.groupBy(earliest, ({ status, participant }) => `${status} ${participant}`).values(),
  ].flatMap(([first]) => (first === undefined ? [] : [first]));
  const latest = recorded.toSorted(
    (a, b) => b.at - a.at || compare(a.status, b.status) || compare(a.participant, b.participant),
  );
  const rank = ({ status }: MessageStatus) => RANKS.get(status) ?? 0;
  const best = latest.toSorted((a, b) => rank(b) - rank(a))[0];
  const said = (status?: MessageStatus) => JSON.parse(status?.payload ?? "{}");
  const first = (...names: string[]) =>
    recorded
      .filter(({ status }) => names.includes(status))
      .reduce<number | null>((least, { at }) => Math.min(least ?? at, at), null);
  const pricing = latest.map((status) => said(status).pricing).find(Boolean);
  return {
    meta_status: best?.status,
    meta_error: best?.status === "failed" ? JSON.stringify(said(best).errors[0]) : null,
    pricing: pricing === undefined ? null : JSON.stringify(pricing),
    sent_at: first("sent"),
    delivered_at: first("delivered") ?? first("read", "played"),
    read_at: first("read", "played"),
    meta_failed_at: first("failed"),
  };
}

/** Statuses, in which order and how often each is delivered, and when the wamid becomes known. */
const deliveries = fc.array(told, { minLength: 1, maxLength: 8 }).chain((statuses) =>
  fc.record({
    statuses: fc.constant(statuses),
    order: fc.array(fc.nat(statuses.length - 1), { maxLength: 6 }).chain((again) =>
      fc.shuffledSubarray([...statuses.keys(), ...again], {
        minLength: statuses.length + again.length,
      }),
    ),
    batchSize: fc.integer({ min: 1, max: 5 }),
    knownAfter: fc.nat(statuses.length),
    byCallback: fc.boolean(),
  }),
);

describe("I6", () => {
  test.prop([deliveries], { numRuns: 30 })(
    "any permutation, duplication and split of statuses, before or after the message's wamid, gives what the model says",
    async ({ statuses, order, batchSize, knownAfter, byCallback }) => {
      const { id, conversation } = await claimOutbound();
      const wamid = unique("wamid.");
      const recordSend = () => projectRows({ sends: [acceptedSend(conversation, { id, wamid })] });
      const delivered = order.flatMap((place) => {
        const status = statuses[place];
        return status === undefined ? [] : [statusOf(wamid, status)];
      });
      for (let start = 0; start < delivered.length; start += batchSize) {
        if (start >= knownAfter && start - batchSize < knownAfter) await recordSend();
        const batch = delivered.slice(start, start + batchSize);
        await record(...batch.map((status) => ({ ...status, message_id: byCallback ? id : null })));
      }
      await recordSend();
      expect(await oneRow(DERIVED, id)).toEqual(model(delivered));
      const orphans = "SELECT status FROM message_statuses WHERE wamid = ? AND message_id IS NOT ?";
      expect(await allRows(orphans, wamid, id)).toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe("statuses that come before their message", () => {
  it("wait as rows and are applied once the wamid is recorded", async () => {
    const { id, conversation } = await claimOutbound();
    const wamid = unique("wamid.");
    await record(...inTurn(wamid, "sent", "delivered"));
    expect(await oneRow(DERIVED, id)).toEqual(UNTOLD);
    await projectRows({ sends: [acceptedSend(conversation, { id, wamid })] });
    expect(await oneRow(DERIVED, id)).toMatchObject({
      meta_status: "delivered",
      sent_at: NOON,
      delivered_at: NOON + SECOND_MS,
    });
    const rows = await allRows("SELECT message_id FROM message_statuses WHERE wamid = ?", wamid);
    expect(rows).toEqual([{ message_id: id }, { message_id: id }]);
  });

  it("find it by our id in biz_opaque_callback_data, with what came without one", async () => {
    const { id } = await claimOutbound();
    const wamid = unique("wamid.");
    await record(statusRow(wamid, "sent"));
    await record(statusRow(wamid, "delivered", { at: NOON + 1, message_id: id }));
    expect(await oneRow("SELECT * FROM messages WHERE id = ?", id)).toMatchObject({
      wamid,
      meta_status: "delivered",
      sent_at: NOON,
      delivered_at: NOON + 1,
    });
    const rows = await allRows("SELECT message_id FROM message_statuses WHERE wamid = ?", wamid);
    expect(rows).toEqual([{ message_id: id }, { message_id: id }]);
  });
});

describe("our id in a status", () => {
  it("never changes a wamid that is known", async () => {
    const { id, wamid } = await sentMessage();
    const other = unique("wamid.");
    await record(statusRow(other, "read", { message_id: id }));
    expect(await oneRow("SELECT wamid, meta_status FROM messages WHERE id = ?", id)).toEqual({
      wamid,
      meta_status: null,
    });
  });

  it("never gives a wamid to what the customer wrote", async () => {
    const conversation = conversationRow();
    const message = messageRow(conversation);
    await projectRows({ conversations: [conversation], messages: [message] });
    await record(statusRow(unique("wamid."), "read", { message_id: message.id }));
    expect(await oneRow("SELECT wamid FROM messages WHERE id = ?", message.id)).toEqual({
      wamid: message.wamid,
    });
  });

  it("I8: of another business number's message changes nothing", async () => {
    const { id } = await claimOutbound();
    const status = statusRow(unique("wamid."), "read", { message_id: id });
    await record({ ...status, phone_number_id: OTHER_NUMBER });
    expect(await oneRow("SELECT wamid, meta_status FROM messages WHERE id = ?", id)).toEqual({
      wamid: null,
      meta_status: null,
    });
  });

  it("beside a wamid that another message has does not hold up the batch", async () => {
    const [sent, lost, bystander] = [
      await sentMessage(),
      await claimOutbound(),
      await sentMessage(),
    ];
    await record(
      statusRow(sent.wamid, "read", { message_id: lost.id }),
      statusRow(bystander.wamid, "read"),
    );
    expect(await oneRow(DERIVED, sent.id)).toMatchObject({ meta_status: "read" });
    expect(await oneRow(DERIVED, bystander.id)).toMatchObject({ meta_status: "read" });
    expect(await oneRow(DERIVED, lost.id)).toEqual(UNTOLD);
  });

  it("told for two messages of one batch goes to one of them", async () => {
    const [one, other] = [await claimOutbound(), await claimOutbound()];
    const wamid = unique("wamid.");
    await record(
      statusRow(wamid, "sent", { message_id: one.id }),
      statusRow(wamid, "read", { message_id: other.id }),
    );
    expect(await allRows("SELECT meta_status FROM messages WHERE wamid = ?", wamid)).toEqual([
      { meta_status: "read" },
    ]);
  });
});

describe("I9: statuses of any content", () => {
  it("nested deeper than SQLite's JSON goes are recorded beside the others", async () => {
    const [deep, plain] = [await sentMessage(), await sentMessage()];
    const depth = 1500;
    const payload = `{"id":"x","status":"read","new":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    await record({ ...statusRow(deep.wamid, "read"), payload }, statusRow(plain.wamid, "read"));
    expect(await oneRow(DERIVED, deep.id)).toMatchObject({ meta_status: "read", pricing: null });
    expect(await oneRow(DERIVED, plain.id)).toMatchObject({ meta_status: "read" });
  });

  it.each([
    ["errors that are no list", { errors: "Ñ" }],
    ["no errors", {}],
    ["pricing that is no object", { errors: [], pricing: 7 }],
  ])("with %s fail without a reason", async (_what, said) => {
    const { id, wamid } = await sentMessage();
    await record(statusRow(wamid, "failed", { said }));
    expect(await oneRow(DERIVED, id)).toMatchObject({ meta_status: "failed", meta_error: null });
  });

  it("with the same wamid on two business numbers are two messages'", async () => {
    const { id, wamid } = await sentMessage();
    await record({ ...statusRow(wamid, "read"), phone_number_id: OTHER_NUMBER });
    expect(await oneRow(DERIVED, id)).toEqual(UNTOLD);
    await record(statusRow(wamid, "sent"));
    expect(await oneRow(DERIVED, id)).toMatchObject({ meta_status: "sent" });
  });
});

describe("what an object reports of its sends", () => {
  const stored = (id: string) =>
    oneRow(
      "SELECT state, state_revision, wamid, error, failed_at, conversation_id FROM messages WHERE id = ?",
      id,
    );

  it("goes by its revision: an older report changes nothing, nor does the same again", async () => {
    const { id, conversation } = await claimOutbound();
    const newest = acceptedSend(conversation, { id, state_revision: 3 });
    await projectRows({ sends: [newest] });
    const older = { state: "queued", wamid: null, error: '{"code":"rate_limited"}' };
    await projectRows({ sends: [{ ...newest, ...older, state_revision: 2 }] });
    await projectRows({ sends: [{ ...newest, ...older }] });
    expect(await stored(id)).toEqual({
      state: "accepted",
      state_revision: 3,
      wamid: newest.wamid,
      error: null,
      failed_at: null,
      conversation_id: conversation.id,
    });
  });

  it("gives the error and the time of a failure, and where the message went", async () => {
    const { id } = await claimOutbound();
    const elsewhere = conversationRow();
    const error = JSON.stringify({ code: "rejected_by_meta", detail: "No." });
    await projectRows({
      conversations: [elsewhere],
      sends: [
        acceptedSend(elsewhere, { id, state: "failed", wamid: null, error, failed_at: NOON }),
      ],
    });
    expect(await stored(id)).toEqual({
      state: "failed",
      state_revision: 1,
      wamid: null,
      error,
      failed_at: NOON,
      conversation_id: elsewhere.id,
    });
  });

  it("keeps a wamid that a status told before", async () => {
    const { id, conversation } = await claimOutbound();
    const wamid = unique("wamid.");
    await record(statusRow(wamid, "sent", { message_id: id }));
    const unconfirmed = acceptedSend(conversation, { id, state: "unconfirmed", wamid: null });
    await projectRows({ sends: [unconfirmed] });
    expect(await stored(id)).toMatchObject({ state: "unconfirmed", wamid });
  });

  it("with a wamid that an echo has already does not hold up the others", async () => {
    const [taken, other] = [await claimOutbound(), await claimOutbound()];
    const echo = messageRow(taken.conversation, { direction: "outbound", state: "accepted" });
    await projectRows({ messages: [echo] });
    await projectRows({
      sends: [
        acceptedSend(taken.conversation, { id: taken.id, wamid: echo.wamid }),
        acceptedSend(other.conversation, { id: other.id, wamid: "wamid.other" }),
      ],
    });
    expect(await stored(taken.id)).toMatchObject({ state: "accepted", wamid: null });
    expect(await stored(other.id)).toMatchObject({ state: "accepted", wamid: "wamid.other" });
  });
});

describe("the budget of a queue batch", () => {
  const STATUSES_AT_ONCE = 100;

  it("a hundred statuses of known messages: one round trip, at most 3 rows each", async () => {
    const messages = await Promise.all(Array.from({ length: STATUSES_AT_ONCE }, sentMessage));
    for (const name of ["sent", "delivered"]) {
      const { database: d1, record: cost } = recordedD1(env.DB);
      await recordStatuses(
        createDatabase(d1),
        messages.map(({ wamid }) => statusRow(wamid, name)),
      );
      expect(cost.roundTrips).toBe(1);
      expect(cost.rowsWritten).toBe(2 * STATUSES_AT_ONCE);
    }
  });

  it("a hundred of unknown messages cost 2 rows each, and a repetition none", async () => {
    const statuses = Array.from({ length: STATUSES_AT_ONCE }, () =>
      statusRow(unique("wamid."), "sent"),
    );
    for (const rows of [2 * STATUSES_AT_ONCE, 0]) {
      const { database: d1, record: cost } = recordedD1(env.DB);
      await recordStatuses(createDatabase(d1), statuses);
      expect(cost).toMatchObject({ roundTrips: 1, rowsWritten: rows });
    }
  });

  it("larger than one bound value is still one transaction", async () => {
    const { id, wamid } = await sentMessage();
    const statuses = Array.from({ length: STATUSES_AT_ONCE }, (_, number) =>
      statusRow(wamid, `new-${String(number).padStart(3, "0")}`, {
        at: NOON + number,
        said: { padding: "€".repeat(9000) },
      }),
    );
    const { database: d1, record: cost } = recordedD1(env.DB);
    await recordStatuses(createDatabase(d1), statuses);
    expect(cost.roundTrips).toBe(1);
    expect(await oneRow(DERIVED, id)).toMatchObject({ meta_status: "new-099" });
  });

  it("brings each payload to D1 once, and claims no wamid for statuses without our id", async () => {
    const messages = await Promise.all(Array.from({ length: 3 }, sentMessage));
    const marked = messages.map(({ wamid }) =>
      statusRow(wamid, "read", { said: { mark: "once" } }),
    );
    const { database: d1, record: cost } = recordedD1(env.DB);
    await recordStatuses(createDatabase(d1), marked);
    const texts = cost.statements.map(({ values }) => JSON.stringify(values));
    expect(texts.filter((text) => text.includes("once"))).toHaveLength(1);
    expect(cost.statements.filter(({ sql }) => sql.includes("OR IGNORE messages"))).toEqual([]);
  });

  it("of nothing is no round trip", async () => {
    const { database: d1, record: cost } = recordedD1(env.DB);
    await recordStatuses(createDatabase(d1), []);
    expect(cost.roundTrips).toBe(0);
  });
});
