import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import type { MessageStatus } from "../../src/store/message-status.ts";
import { Contacts } from "../../src/webhook/contacts.ts";
import { packStatuses, readStatusBody } from "../../src/webhook/status-pack.ts";
import { statusEvent } from "../../src/webhook/status.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";
import { statusRow } from "../support/store-rows.ts";
import { messageStatus } from "../support/webhook-bodies.ts";

/** https://developers.cloudflare.com/queues/platform/limits/ */
const MESSAGE_BYTES = 128_000;

/** As the request id that a body carries into the queue. */
const REQUEST_BYTES = 100;

const RECEIVED_AT = Date.parse("2026-11-22T12:00:00Z");

/** The body of each message, as the queue carries it. */
function bodiesOf(statuses: readonly MessageStatus[]): string[] {
  return packStatuses(statuses).bodies.map(({ body }) => JSON.stringify(body));
}

function unpacked(bodies: readonly string[]): MessageStatus[] {
  return bodies.flatMap((body) => {
    const { statuses, unreadable } = readStatusBody(JSON.parse(body));
    expect(unreadable).toEqual([]);
    return statuses;
  });
}

/** A status as the webhook reads it. */
function read(
  status: JsonObject,
  { number = NUMBER, receivedAt = RECEIVED_AT, contacts = [] as JsonObject[] } = {},
): MessageStatus {
  const event = statusEvent(status, {
    phoneNumberId: number,
    displayPhoneNumber: null,
    contacts: new Contacts(contacts),
    receivedAt,
  });
  if ("reason" in event) throw new Error(event.reason);
  return event;
}

const many = (count: number, members: JsonObject = {}) =>
  Array.from({ length: count }, (_, place) =>
    read(messageStatus(`wamid.${place}`, "sent", members)),
  );

describe("packStatuses", () => {
  it("makes 10 messages of 1,000 statuses", () => {
    const statuses = many(1000);
    const bodies = bodiesOf(statuses);
    expect(bodies).toHaveLength(10);
    expect(unpacked(bodies)).toEqual(statuses);
  });

  it("also where they belong to two numbers in turn", () => {
    const statuses = Array.from({ length: 200 }, (_, place) =>
      read(messageStatus(`wamid.${place}`, "read"), {
        number: place % 2 === 0 ? NUMBER : OTHER_NUMBER,
      }),
    );
    const bodies = bodiesOf(statuses);
    expect(bodies).toHaveLength(2);
    expect(unpacked(bodies)).toEqual(statuses);
  });

  it("makes no message of nothing", () => {
    expect(packStatuses([])).toEqual({ bodies: [], tooLarge: [] });
  });

  it("leaves a status that comes alone in the form that older versions read", () => {
    const [alone] = many(1);
    expect(bodiesOf(many(1))).toEqual([JSON.stringify(alone)]);
    expect(bodiesOf(many(101)).at(-1)).toMatch(/^{"version":1,/);
  });

  it("counts bytes of UTF-8, not characters", () => {
    const tooLargeOf = (payload: string) =>
      packStatuses([statusRow("wamid.x", "delivered", { payload })]).tooLarge.length;
    expect(tooLargeOf("x".repeat(119_000))).toBe(0);
    expect(tooLargeOf("x".repeat(120_000))).toBe(1);
    expect(tooLargeOf("字".repeat(39_000))).toBe(0);
    expect(tooLargeOf("字".repeat(40_000))).toBe(1);
  });

  const textUpTo = (max: number) =>
    fc
      .tuple(fc.constantFrom("x", "ñ", "字", "🐶", '"', "\\", "\u0000", "\uD800"), fc.nat({ max }))
      .map(([character, count]) => character.repeat(count / character.length));
  const identity = fc.constantFrom("5219982220001", "529982220001", "MX.1", "nobody");
  const contact: JsonObject = { wa_id: "5219982220001", user_id: "MX.1" };
  const eventOf = (text: fc.Arbitrary<string>) =>
    fc
      .tuple(
        fc.record(
          {
            id: fc.oneof(fc.string({ minLength: 1 }), fc.constant("wamid.HBgNNTIx")),
            status: fc.constantFrom("sent", "delivered", "read", "failed", "pending"),
            timestamp: fc.constantFrom("1795348740", 1795348740, "soon", "99999999999"),
            recipient_id: identity,
            recipient_user_id: identity,
            recipient_type: fc.constantFrom("group", "individual"),
            recipient_participant_id: identity,
            biz_opaque_callback_data: fc.constantFrom(`msg_${"0a".repeat(16)}`, "theirs"),
            errors: fc.array(fc.record({ code: fc.integer(), details: text }), { maxLength: 2 }),
          },
          { requiredKeys: ["id", "status"] },
        ),
        fc.constantFrom(NUMBER, NUMBER, NUMBER, OTHER_NUMBER),
        fc.constantFrom(RECEIVED_AT, RECEIVED_AT, RECEIVED_AT + 1),
        fc.constantFrom<JsonObject[]>([], [contact]),
      )
      .map(([said, number, receivedAt, contacts]) => read(said, { number, receivedAt, contacts }));
  /** Runs of the same are what makes long lists of few draws. */
  const run = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(eventOf(textUpTo(300)), fc.integer({ min: 1, max: 150 })) },
    { weight: 1, arbitrary: fc.tuple(eventOf(textUpTo(60_000)), fc.integer({ min: 1, max: 2 })) },
  );
  const events = fc
    .array(run, { maxLength: 8 })
    .map((runs) => runs.flatMap(([each, times]) => Array.from({ length: times }, () => each)));

  test.prop([events], { numRuns: 60 })(
    "I2: loses and doubles no status, keeps their order, and every message is one that the queue takes",
    (statuses) => {
      const { bodies, tooLarge } = packStatuses(statuses);
      const sizes = bodies.map(({ body }) => bytesOf(body));
      expect(bodies.map(({ bytes }) => bytes)).toEqual(sizes);
      for (const size of sizes) expect(size).toBeLessThan(MESSAGE_BYTES - REQUEST_BYTES);
      const taken = unpacked(bodies.map(({ body }) => JSON.stringify(body)));
      const large = new Set(tooLarge);
      expect(taken).toEqual(statuses.filter((each) => !large.has(each)));
      for (const each of tooLarge) expect(bytesOf(each)).toBeGreaterThan(120_000);
      for (const { body } of bodies) {
        const count = "statuses" in body ? body.statuses.length : 1;
        expect(count).toBeLessThanOrEqual(100);
      }
    },
  );

  test.prop([fc.integer({ min: 0, max: 1500 })], { numRuns: 20 })(
    "makes one message of each hundred ordinary statuses",
    (count) => {
      expect(bodiesOf(many(count))).toHaveLength(Math.ceil(count / 100));
    },
  );
});

describe("readStatusBody", () => {
  it("gives each status the id of the request that brought its pack", () => {
    const [body = ""] = bodiesOf(many(2));
    const { statuses } = readStatusBody({ ...JSON.parse(body), request_id: "req_1" });
    expect(statuses).toEqual(many(2).map((each) => ({ ...each, request_id: "req_1" })));
  });

  it("keeps every digit of a long number (I9)", () => {
    const pack = JSON.parse(bodiesOf(many(2))[0] ?? "");
    const payload = '{"id":12345678901234567890,"status":"sent"}';
    const { statuses } = readStatusBody({ ...pack, statuses: [{ payload }] });
    expect(statuses).toMatchObject([{ wamid: "12345678901234567890", payload }]);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "sent"],
    ["of no payload", {}],
    ["of a payload that is no text", { payload: { id: "wamid.x", status: "sent" } }],
    ["of a payload that is no JSON", { payload: "{" }],
    ["of a payload that is no object", { payload: "[]" }],
    ["without an id", { payload: '{"status":"sent"}' }],
    ["without a status", { payload: '{"id":"wamid.x"}' }],
    ["of people that are none", { payload: '{"id":"wamid.x","status":"sent"}', people: [7] }],
    [
      "of a time between two milliseconds",
      { payload: '{"id":"wamid.x","status":"sent"}', received_at: 0.5 },
    ],
  ])("keeps a status that is %s apart from the others (I10)", (_case, item) => {
    const good = many(2);
    const pack = JSON.parse(bodiesOf(good)[0] ?? "");
    const [first, second] = pack.statuses;
    expect(readStatusBody({ ...pack, statuses: [first, item, second] })).toEqual({
      statuses: good,
      unreadable: [{ ...pack, statuses: [item] }],
    });
  });

  it.each<[string, (pack: JsonObject) => unknown]>([
    ["of a later version", (pack) => ({ ...pack, version: 3 })],
    ["without a number", (pack) => ({ ...pack, phone_number_id: undefined })],
    ["without a time of receipt", (pack) => ({ ...pack, received_at: "now" })],
    ["without a list", (pack) => ({ ...pack, statuses: {} })],
  ])("keeps a pack that is %s whole (I10)", (_case, change) => {
    const body = change(JSON.parse(bodiesOf(many(2))[0] ?? ""));
    expect(readStatusBody(body)).toEqual({ statuses: [], unreadable: [body] });
  });
});

function bytesOf(body: unknown): number {
  return new TextEncoder().encode(JSON.stringify(body)).byteLength;
}
