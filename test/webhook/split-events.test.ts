import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/lib/json.ts";
import type { WebhookEvents } from "../../src/webhook/events.ts";
import { splitEvents } from "../../src/webhook/parse.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";
import {
  ACCOUNT,
  type Change,
  contactOf,
  messagesChange,
  messageStatus,
  metadataOf,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

const RECEIVED_AT = Date.parse("2026-11-22T12:00:00Z");

const ANA = "5219982220001";
const DEEP = 200_000;

const BRUNO = "5219982220002";

describe("splitEvents", () => {
  it("takes every entry, change, message and status (I2)", () => {
    const first = textMessage(ANA, "uno");
    const second = textMessage(ANA, "dos");
    const third = textMessage(ANA, "tres");
    const statuses = ["sent", "delivered"].map((status) => messageStatus("wamid.out", status));
    const events = split({
      object: "whatsapp_business_account",
      entry: [
        { id: "1", changes: [messagesChange({ messages: [first, second] })] },
        {
          id: "2",
          changes: [
            messagesChange({ statuses }, OTHER_NUMBER),
            messagesChange({ messages: [third] }, OTHER_NUMBER),
          ],
        },
      ],
    });
    expect(
      events.messages.map(({ phone_number_id, payload }) => [phone_number_id, payload]),
    ).toEqual([
      [NUMBER, JSON.stringify(first)],
      [NUMBER, JSON.stringify(second)],
      [OTHER_NUMBER, JSON.stringify(third)],
    ]);
    expect(events.statuses.map(({ phone_number_id, status }) => [phone_number_id, status])).toEqual(
      [
        [OTHER_NUMBER, "sent"],
        [OTHER_NUMBER, "delivered"],
      ],
    );
    expect(events).toMatchObject({ account: [], unusable: [] });
  });

  it("takes messages, statuses and errors of one value", () => {
    const errors = [{ code: 131051, title: "Message type unknown" }];
    const events = split(
      webhookBody(
        messagesChange({
          contacts: [contactOf(ANA, "Ana Ñúñez")],
          messages: [textMessage(ANA, "Hola")],
          statuses: [messageStatus("wamid.out", "read")],
          errors,
        }),
      ),
    );
    expect(events.messages).toHaveLength(1);
    expect(events.statuses).toHaveLength(1);
    expect(events.account).toEqual([
      {
        field: "messages",
        business_account_id: ACCOUNT,
        entry_time: null,
        phone_number_id: NUMBER,
        value: JSON.stringify({ errors }),
        received_at: RECEIVED_AT,
      },
    ]);
  });

  it.each(["errors", "user_actions", "something_new"])("keeps lone %s raw (I9)", (member) => {
    const events = split(webhookBody(messagesChange({ [member]: [{ a: 1 }] })));
    expect(events.account).toMatchObject([{ field: "messages", value: `{"${member}":[{"a":1}]}` }]);
    expect(events).toMatchObject({ messages: [], statuses: [], unusable: [] });
  });

  it("keeps the value of a field that is not known (I9)", () => {
    const value = {
      event: "APPROVED",
      message_template_name: "cita",
      metadata: metadataOf(NUMBER),
    };
    expect(split(webhookBody({ field: "carrier_pigeons", value })).account).toEqual([
      {
        field: "carrier_pigeons",
        business_account_id: ACCOUNT,
        entry_time: null,
        phone_number_id: NUMBER,
        value: JSON.stringify(value),
        received_at: RECEIVED_AT,
      },
    ]);
  });

  it.each<[string, JsonValue, string]>([
    ["a string", "stop", '"stop"'],
    ["a number", 17, "17"],
    ["null", null, "null"],
    ["an array", [{ a: 1 }], '[{"a":1}]'],
  ])("keeps a value that is %s (I9)", (_case, value, kept) => {
    for (const field of ["messages", "user_preferences", "smb_message_echoes"]) {
      expect(split(webhookBody({ field, value })).account).toMatchObject([{ field, value: kept }]);
    }
  });

  it("keeps a change without a field or a value", () => {
    const events = split({ entry: [{ id: ACCOUNT, changes: [{}, { field: 7 }, { value: {} }] }] });
    expect(events.account.map(({ field, value }) => [field, value])).toEqual([
      ["unknown", "null"],
      ["7", "null"],
      ["unknown", "{}"],
    ]);
  });

  it.each<[string, JsonValue]>([
    ["an array", [1, 2]],
    ["text", "hola"],
    ["a number", 5],
    ["null", null],
    ["true", true],
    ["an object without entries", { object: "page" }],
    ["no list of entries", { entry: { id: "1" } }],
    ["an empty list of entries", { object: "page", entry: [] }],
    ["entries that are no objects", { entry: ["a", null] }],
  ])("keeps a body that is %s whole (I9)", (_case, body) => {
    expect(split(body)).toEqual({
      messages: [],
      statuses: [],
      effects: [],
      unusable: [],
      account: [
        {
          field: "unknown",
          business_account_id: null,
          entry_time: null,
          phone_number_id: null,
          value: JSON.stringify(body),
          received_at: RECEIVED_AT,
        },
      ],
    });
  });

  it.each<[string, JsonObject]>([
    ["without changes", { id: ACCOUNT, time: 1, messaging: [{ text: "Hola" }] }],
    ["whose changes are no list", { id: ACCOUNT, changes: {} }],
    ["whose changes are empty", { id: ACCOUNT, changes: [], messaging: [] }],
    ["whose changes are no objects", { id: ACCOUNT, changes: [null, "a"] }],
  ])("keeps an entry %s whole, and takes the one beside it", (_case, entry) => {
    const message = textMessage(ANA, "Hola");
    const other = { id: ACCOUNT, changes: [messagesChange({ messages: [message] })] };
    const events = split({ entry: [entry, other] });
    expect(events.account).toMatchObject([
      { field: "unknown", business_account_id: ACCOUNT, value: JSON.stringify(entry) },
    ]);
    expect(events.messages).toHaveLength(1);
  });

  it("takes entries and changes that have something beside them that is none, which is kept (I9)", () => {
    const change = messagesChange({ messages: [textMessage(ANA, "Hola")] });
    const events = split({ entry: [null, { id: ACCOUNT, changes: ["a", change, [change]] }, 7] });
    expect(events.messages).toHaveLength(1);
    expect(events.account.map(({ field, value }) => [field, value])).toEqual([
      ["unknown", "null"],
      ["unknown", '"a"'],
      ["unknown", JSON.stringify([change])],
      ["unknown", "7"],
    ]);
  });

  it.each<[string, JsonObject]>([
    ["nothing", {}],
    ["empty lists", { messages: [], statuses: [] }],
    ["null", { messages: null }],
    ["contacts alone", { contacts: [contactOf(ANA, "Ana Ñúñez")] }],
  ])("keeps a messages value that holds %s whole (I9)", (_case, members) => {
    const change = messagesChange(members);
    expect(split(webhookBody(change)).account).toMatchObject([
      { field: "messages", phone_number_id: NUMBER, value: JSON.stringify(change.value) },
    ]);
  });

  it("takes a lone message or status as a list of one", () => {
    const events = split(
      webhookBody(
        messagesChange({
          messages: textMessage(ANA, "Hola"),
          statuses: messageStatus("wamid.out", "sent"),
        }),
      ),
    );
    expect(events.messages).toHaveLength(1);
    expect(events.statuses).toHaveLength(1);
  });

  it("puts what is no message or status with the unusable", () => {
    const events = split(
      webhookBody(messagesChange({ messages: ["a", 1, null, [{}]], statuses: [false, {}] })),
    );
    expect(events.unusable.map(({ value }) => loneElement(value))).toEqual([
      '"a"',
      "1",
      "null",
      "[{}]",
      "false",
      "{}",
    ]);
    expect(events).toMatchObject({ messages: [], statuses: [], account: [] });
  });

  it("gives each message of a value its own contact", () => {
    const events = split(
      webhookBody(
        messagesChange({
          contacts: [contactOf(BRUNO, "Bruno"), contactOf(ANA, "Ana Ñúñez")],
          messages: [textMessage(ANA, "Hola"), textMessage(BRUNO, "Buenas")],
        }),
      ),
    );
    expect(events.messages.map(({ person }) => [person.wa_id, person.name])).toEqual([
      [ANA, "Ana Ñúñez"],
      [BRUNO, "Bruno"],
    ]);
  });

  it.each(["smb_message_echoes", "message_echoes"])("takes %s as outbound messages", (field) => {
    const echo = { ...textMessage("529983162438", "Ya está lista Luna"), to: ANA };
    const value = { metadata: metadataOf(NUMBER), message_echoes: [echo, { ...echo, id: "" }, 7] };
    const events = split(webhookBody({ field, value }));
    expect(events.messages).toMatchObject([
      { direction: "outbound", wamid: echo.id, person: { wa_id: ANA } },
    ]);
    expect(events.unusable).toHaveLength(2);
    expect(events.account).toEqual([]);
  });

  it("keeps what stands beside echoes (I9)", () => {
    const echo = { ...textMessage("529983162438", "Ya está lista Luna"), to: ANA };
    const value = { metadata: metadataOf(NUMBER), message_echoes: [echo], errors: [{ code: 1 }] };
    const events = split(webhookBody({ field: "smb_message_echoes", value }));
    expect(events.messages).toHaveLength(1);
    expect(events.account).toMatchObject([
      { field: "smb_message_echoes", value: '{"errors":[{"code":1}]}' },
    ]);
  });

  it.each<[string, JsonObject]>([
    ["missing", {}],
    ["no list", { message_echoes: { id: "wamid.1" } }],
    ["no list of objects", { message_echoes: ["wamid.1"] }],
    ["empty", { message_echoes: [] }],
  ])("keeps an echo field whose echoes are %s raw (I9)", (_case, members) => {
    const value = { metadata: metadataOf(NUMBER), ...members };
    const events = split(webhookBody({ field: "smb_message_echoes", value }));
    expect(events.account).toMatchObject([{ value: JSON.stringify(value) }]);
    expect(events.messages).toEqual([]);
  });

  it("keeps a body that nests too deeply as it came (I9)", () => {
    // Of members that are named like an array's, JSON.stringify follows only so many down.
    const value = `${'{"0":'.repeat(DEEP)}1${"}".repeat(DEEP)}`;
    const text = `{"entry":[{"changes":[{"field":"x","value":${value}}]}]}`;
    expect(splitEvents(text, JSON.parse(text), RECEIVED_AT)).toEqual({
      messages: [],
      statuses: [],
      account: [],
      effects: [],
      unusable: [{ reason: "nested too deeply", value: text }],
    });
  });

  test.prop([fc.jsonValue({ maxDepth: 6 })])("throws at no JSON, and loses none of it", (json) => {
    // A second way round makes it JSON: -0 becomes 0.
    const body: JsonValue = JSON.parse(JSON.stringify(json));
    expect(count(split(body))).toBeGreaterThan(0);
  });

  const junk = fc
    .oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom({}, [], null, "", 0, false))
    .map((json): JsonValue => JSON.parse(JSON.stringify(json)));
  const known = fc.record({
    id: fc.constantFrom("wamid.a", "wamid.b", "wamid.c", "", 17),
    from: fc.constantFrom(ANA, BRUNO, "", "Bruno"),
    status: fc.constantFrom("sent", "read", "unheard_of", null),
    type: fc.constantFrom("text", "reaction", "edit", "constructor", "__proto__"),
    timestamp: fc.constantFrom("1763812800", 1763812800, "ayer"),
  });
  const element: fc.Arbitrary<JsonValue> = fc.oneof(known, known, junk);
  const elements = fc.array(element, { maxLength: 4 });
  const others = fc.dictionary(fc.constantFrom("errors", "user_actions", "new", "__proto__"), junk);
  const messagesValue = fc
    .tuple(elements, elements, others, fc.constantFrom(NUMBER, OTHER_NUMBER, null))
    .map(([messages, statuses, rest, number]) => ({
      messages,
      statuses,
      ...(number === null ? {} : { metadata: metadataOf(number) }),
      rest,
    }));

  test.prop([fc.array(messagesValue, { minLength: 1, maxLength: 4 })])(
    "represents each message, each status and the rest of each value exactly once (I2, I9)",
    (values) => {
      const events = split(webhookBody(...values.map(changeOf)));
      const rawElements = values.flatMap(({ messages, statuses }) => [...messages, ...statuses]);
      const represented = [
        ...events.messages.map(({ payload }) => payload),
        ...events.statuses.map(({ payload }) => payload),
        ...events.unusable.map(({ value }) => loneElement(value)),
      ];
      expect(represented.toSorted()).toEqual(
        rawElements.map((raw) => JSON.stringify(raw)).toSorted(),
      );
      const empty = values.filter(
        ({ messages, statuses, rest }) =>
          messages.length + statuses.length === 0 && Object.keys(rest).length === 0,
      );
      const rests = values.filter(({ rest }) => Object.keys(rest).length > 0);
      expect(events.account.map(({ value }) => value).toSorted()).toEqual(
        [
          ...rests.map(({ rest }) => JSON.stringify(rest)),
          ...empty.map((value) => JSON.stringify(changeOf(value).value)),
        ].toSorted(),
      );
    },
  );

  test.prop([fc.array(messagesValue, { minLength: 1, maxLength: 5 })])(
    "gives the same events whether they come in one body or in several (I3)",
    (values) => {
      const changes = values.map(changeOf);
      const whole = split(webhookBody(...changes));
      const parts = changes.map((change) => split(webhookBody(change)));
      expect(joined(parts)).toEqual(whole);
      const entries = changes.map((change) => ({ id: ACCOUNT, changes: [change] }));
      expect(split({ entry: entries })).toEqual(whole);
      const single = changes.flatMap(oneElementEach).map((change) => split(webhookBody(change)));
      expect(joined(single)).toMatchObject({ messages: whole.messages, statuses: whole.statuses });
    },
  );
});

function split(body: JsonValue): WebhookEvents {
  return splitEvents(JSON.stringify(body), body, RECEIVED_AT);
}

/** The one message or status of a body that says nothing else. */
function loneElement(body: string): string {
  const { value } = JSON.parse(body).entry[0].changes[0];
  const [lone, ...more] = [...(value.messages ?? []), ...(value.statuses ?? [])];
  expect(more).toEqual([]);
  return JSON.stringify(lone);
}

function count({ messages, statuses, account, unusable }: WebhookEvents): number {
  return messages.length + statuses.length + account.length + unusable.length;
}

function joined(parts: readonly WebhookEvents[]): WebhookEvents {
  return {
    messages: parts.flatMap(({ messages }) => messages),
    statuses: parts.flatMap(({ statuses }) => statuses),
    account: parts.flatMap(({ account }) => account),
    effects: parts.flatMap(({ effects }) => effects),
    unusable: parts.flatMap(({ unusable }) => unusable),
  };
}

function changeOf({ rest, ...members }: JsonObject): Change {
  // Spreading would set the prototype instead of a member of that name.
  const value = Object.fromEntries(Object.entries(isJsonObject(rest) ? rest : {}));
  return { field: "messages", value: Object.assign(Object.create(null), members, value) };
}

/** The same value, one message or status a change. */
function oneElementEach(change: Change): Change[] {
  const value = isJsonObject(change.value) ? change.value : {};
  return ["messages", "statuses"].flatMap((member) => {
    const list = value[member];
    if (!Array.isArray(list)) return [];
    return list.map((element: JsonValue) => ({
      field: "messages",
      value: { metadata: value["metadata"], [member]: [element] },
    }));
  });
}
