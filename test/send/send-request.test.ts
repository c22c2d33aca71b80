import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overdueErrors, parseSendRequest, type SendRequest } from "../../src/send/request.ts";
import { readPhone } from "../support/read-phone.ts";
import { characters } from "./content-errors.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const DAY_MS = 86_400_000;

const TO = "+52 1 998 222 0001";
const minimal = { to: TO, text: { body: "hola" } };

const DEFAULTS: SendRequest = {
  recipient: { kind: "phone", phone: "529982220001", dial: "+5219982220001" },
  type: "text",
  content: { body: "hola", preview_url: true },
  reply_to: null,
  from: null,
  send_at: null,
  expires_at: null,
  window: "ours",
  fallback: null,
  wait: true,
  force: false,
  metadata: null,
  beside: {},
  biz_opaque_callback_data: null,
};

function errorsOf(body: unknown): Record<string, string> {
  const result = parseSendRequest(body, NOW, readPhone);
  const errors = result.ok ? [] : result.errors;
  return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
}

function parsed(body: unknown): SendRequest | null {
  const result = parseSendRequest(body, NOW, readPhone);
  return result.ok ? result.request : null;
}

/** Metadata of so many bytes of JSON (an even number). */
const metadataOf = (bytes: number) => ({ a: "ñ".repeat((bytes - 8) / 2) });

const nested = (levels: number): unknown => {
  let value: unknown = [];
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

const iso = (time: number) => new Date(time).toISOString();

describe("a content larger than can be kept", () => {
  const most = 131_072;
  const sized = (bytes: number) => ({ a: "字".repeat(Math.floor((bytes - 8) / 3)) });

  it.each([
    [
      "/contacts",
      {
        type: "contacts",
        contacts: [{ name: { formatted_name: "A", suffix: "B" }, ...sized(most) }],
      },
    ],
    ["/fallback", { text: { body: "Hola" }, fallback: { name: "x", ...sized(most + 10) } }],
    ["/address_message", { type: "address_message", address_message: sized(most + 10) }],
  ])("is refused at %s", (pointer, members) => {
    const detail = expect.stringMatching(/^at most 131072 bytes of JSON, got \d+$/);
    expect(parseSendRequest({ to: "+529982220001", ...members }, NOW, readPhone)).toEqual({
      ok: false,
      errors: [{ pointer, detail }],
    });
  });

  it("is taken where it just fits", () => {
    const request = { to: "+529982220001", type: "address_message", address_message: sized(most) };
    expect(parseSendRequest(request, NOW, readPhone).ok).toBe(true);
  });
});

describe("parseSendRequest", () => {
  it("fills every default", () => {
    expect(parsed(minimal)).toEqual(DEFAULTS);
  });

  it("reads every option", () => {
    const request = {
      ...minimal,
      type: "text",
      context: { message_id: "wamid.x" },
      from: "106540352242922",
      send_at: "2026-11-24T10:00:00-06:00",
      expires_at: "2026-11-24T17:00:00.5Z",
      window: "meta",
      wait: false,
      metadata: { appointment: 8812, constructor: "ours" },
      biz_opaque_callback_data: "kept",
      messaging_product: "whatsapp",
      recipient_type: "individual",
    };
    expect(parsed(request)).toEqual({
      ...DEFAULTS,
      reply_to: "wamid.x",
      from: "106540352242922",
      send_at: Date.parse("2026-11-24T16:00:00Z"),
      expires_at: Date.parse("2026-11-24T17:00:00.500Z"),
      window: "meta",
      wait: false,
      metadata: request.metadata,
      biz_opaque_callback_data: "kept",
    });
  });

  it("reports all violations at once", () => {
    const body = { to: "123", from: "+52", wait: "no", surprise: 1, text: { preview_url: 1 } };
    expect(Object.keys(errorsOf(body)).toSorted()).toEqual([
      "/from",
      "/surprise",
      "/text/body",
      "/text/preview_url",
      "/to",
      "/wait",
    ]);
  });

  it.each([
    [[], "an array"],
    [null, "null"],
    ["{}", "text"],
    [5, "a number"],
    [true, "true or false"],
    [undefined, "nothing"],
  ])("refuses a body that is %j", (body, noun) => {
    expect(errorsOf(body)).toEqual({ "": `must be a JSON object, got ${noun}` });
  });

  it("refuses what it does not know beside the content", () => {
    const body = { ...minimal, image: { id: "1" }, "a/b~c": 1, idempotencyKey: "x" };
    const unknown = "is unknown here: leave it out, or move it into the content if it is Meta's";
    expect(errorsOf(body)).toEqual({
      "/image": 'is the content of another type: set "type" to "image", or leave it out',
      "/a~1b~0c": unknown,
      "/idempotencyKey": unknown,
    });
  });

  it("lists at most 100 errors and says how many more there are", () => {
    const surplus = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x${n}`, n]));
    const result = parseSendRequest({ ...minimal, ...surplus }, NOW, readPhone);
    expect(result.ok ? [] : result.errors).toHaveLength(101);
    expect(errorsOf({ ...minimal, ...surplus })[""]).toBe("and 50 more errors");
  });
});

describe("the recipient", () => {
  const { to: _to, ...withoutRecipient } = minimal;

  it.each([
    [{ to: "52 998 222 0001" }, { kind: "phone", phone: "529982220001", dial: "+529982220001" }],
    [{ to: "0054 11 2345 6789" }, { kind: "phone", phone: "5491123456789", dial: "+541123456789" }],
    [{ to: "MX.1349" }, { kind: "user", user_id: "MX.1349" }],
    [{ recipient: "MX.ENT.1349" }, { kind: "user", user_id: "MX.ENT.1349" }],
    [{ conversation_id: "abc" }, { kind: "conversation", conversation_id: "abc" }],
  ])("is read from %j", (members, recipient) => {
    expect(parsed({ ...withoutRecipient, ...members })?.recipient).toEqual(recipient);
  });

  const ONE_OF = "give exactly one of to, recipient, conversation_id; got";

  it.each([
    [{}, { "": `${ONE_OF} none` }],
    [{ to: TO, recipient: "MX.1" }, { "": `${ONE_OF} to and recipient` }],
    [
      { to: TO, recipient: "MX.1", conversation_id: "abc" },
      { "": `${ONE_OF} to and recipient and conversation_id` },
    ],
    [{ to: 529982220001 }, { "/to": "must be text, got a number" }],
    [{ to: [TO] }, { "/to": "must be text, got an array" }],
    [{ to: null }, { "/to": "must be text, got null" }],
    [{ to: "" }, { "/to": "must have 7 to 15 digits, country code included, got 0" }],
    [
      { recipient: TO },
      {
        "/recipient":
          'must be a user id such as "MX.13491208655302741918"; a phone number belongs in "to"',
      },
    ],
    [{ conversation_id: "" }, { "/conversation_id": "must not be empty" }],
  ])("is refused: %j", (members, errors) => {
    expect(errorsOf({ ...withoutRecipient, ...members })).toEqual(errors);
  });

  it("may be somebody known to Meta alone, and is refused with all else that is wrong", () => {
    const uncertain = { ...minimal, to: "9982220001" };
    const refusal = expect.stringContaining("must have + and the country code before it");
    const digits = { phone: "9982220001", dial: "+9982220001" };
    expect(parsed(uncertain)?.recipient).toEqual({ kind: "wa_id", ...digits, refusal });
    expect(errorsOf({ ...uncertain, text: { body: "" } })).toMatchObject({ "/to": refusal });
  });

  it("is not repeated in a refusal", () => {
    expect(JSON.stringify(errorsOf({ ...minimal, to: "998 222 0001 x" }))).not.toContain("222");
  });
});

describe("the type", () => {
  it.each([{ hologram: { any: [1, null] } }, { pin: {} }])(
    "passes what it has no limits for: %j",
    (content) => {
      const [[type, value] = ["", {}]] = Object.entries(content);
      expect(parsed({ to: TO, type, ...content })).toEqual({ ...DEFAULTS, type, content: value });
    },
  );

  const RULE = 'must be lower-case letters and underscores, such as "text", "image" or "template"';
  const missing = (type: string) => `is required: the content of a message of type "${type}"`;

  it.each([
    [{ type: "hologram" }, { "/hologram": missing("hologram") }],
    [{ type: "hologram", hologram: [] }, { "/hologram": "must be an object, got an array" }],
    [{ type: "constructor" }, { "/constructor": missing("constructor") }],
    [{ type: "" }, { "/type": `${RULE}, got text of 0 characters` }],
    [{ type: "Text" }, { "/type": `${RULE}, got "Text"` }],
    [{ type: "__proto__" }, { "/type": `${RULE}, got "__proto__"` }],
    [{ type: "a".repeat(9) + "/" }, { "/type": `${RULE}, got text of 10 characters` }],
    [{ type: "+529982220001" }, { "/type": `${RULE}, got text of 13 characters` }],
    [{ type: 5 }, { "/type": "must be text, got a number" }],
    [{ type: null }, { "/type": "must be text, got null" }],
    [
      { type: "metadata", metadata: {} },
      { "/type": '"metadata" is an option of the request, not a type of message' },
    ],
  ])("is refused: %j", (members, errors) => {
    expect(errorsOf({ to: TO, ...members })).toEqual(errors);
  });
});

describe("the times", () => {
  const LATEST = NOW + 60 * DAY_MS;

  it.each([
    { send_at: iso(LATEST) },
    { send_at: iso(NOW - DAY_MS) },
    { expires_at: iso(NOW + 1) },
    { send_at: iso(NOW + 1000), expires_at: iso(NOW + 1001) },
    { send_at: iso(NOW - DAY_MS), expires_at: iso(NOW + 1) },
  ])("are taken: %j", (members) => {
    expect(errorsOf({ ...minimal, ...members })).toEqual({});
  });

  const NO_TIME = 'must be an RFC 3339 time, such as "2026-11-24T16:00:00Z"';

  it.each([
    [{ send_at: iso(LATEST + 1) }, { "/send_at": "at most 60 days ahead, got 61" }],
    [
      { send_at: iso(NOW + 1000), expires_at: iso(NOW + 1000) },
      { "/expires_at": `must be later than send_at, got ${iso(NOW + 1000)}` },
    ],
    [
      { send_at: "tomorrow", expires_at: "2026-11-24" },
      { "/send_at": `${NO_TIME}, got "tomorrow"`, "/expires_at": `${NO_TIME}, got "2026-11-24"` },
    ],
    [{ send_at: NOW }, { "/send_at": `${NO_TIME}, got a number` }],
  ])("are refused: %j", (members, errors) => {
    expect(errorsOf({ ...minimal, ...members })).toEqual(errors);
  });

  it.each([
    [null, null, []],
    [NOW - 60_000, NOW + 1, []],
    [NOW - 60_001, null, ["/send_at"]],
    [null, NOW, ["/expires_at"]],
    [NOW - DAY_MS, NOW - 1, ["/send_at", "/expires_at"]],
  ])("are over: %s until %s: %j", (send_at, expires_at, pointers) => {
    const errors = overdueErrors({ send_at, expires_at }, NOW);
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe("the options", () => {
  it.each([
    { metadata: {} },
    { metadata: metadataOf(4096) },
    { biz_opaque_callback_data: "" },
    { biz_opaque_callback_data: characters(512) },
    { from: "1" },
    { window: undefined },
  ])("are taken, case %#", (members) => {
    expect(errorsOf({ ...minimal, ...members })).toEqual({});
  });

  it.each([
    [{ metadata: metadataOf(4098) }, "/metadata", "at most 4096 bytes of JSON, got 4098"],
    [{ metadata: [] }, "/metadata", "must be an object, got an array"],
    [
      { biz_opaque_callback_data: characters(513) },
      "/biz_opaque_callback_data",
      "at most 512 characters, got 513",
    ],
    [{ biz_opaque_callback_data: {} }, "/biz_opaque_callback_data", "must be text, got an object"],
    [
      { window: "ours" },
      "/window",
      'must be "meta", which leaves the check to Meta, or left out, got "ours"',
    ],
    [{ wait: "false" }, "/wait", "must be true or false, got text"],
    [{ context: "wamid.x" }, "/context", "must be an object, got text"],
    [{ context: {} }, "/context/message_id", "is required"],
    [{ context: { message_id: "" } }, "/context/message_id", "must not be empty"],
    [
      { context: { message_id: "wamid.x", id: "y" } },
      "/context/id",
      "is unknown here: leave it out, or move it into the content if it is Meta's",
    ],
    [
      { from: "+52 998 316 2438" },
      "/from",
      "must be the business number's id: digits, and not its phone number, got text of 16 characters",
    ],
    [{ messaging_product: "sms" }, "/messaging_product", 'must be "whatsapp", got "sms"'],
    [
      { recipient_type: "group" },
      "/recipient_type",
      'must be "individual" (write to a group by its conversation_id), got "group"',
    ],
  ])("are refused, case %#", (members, pointer, detail) => {
    expect(errorsOf({ ...minimal, ...members })).toEqual({ [pointer]: detail });
  });
});

describe("hostile input", () => {
  it("refuses members named __proto__ wherever they stand", () => {
    const body = JSON.parse(
      `{"to":"${TO}","__proto__":{"type":"image"},"text":{"body":"hola","__proto__":{}}}`,
    );
    expect(Object.keys(errorsOf(body)).toSorted()).toEqual(["", "/__proto__", "/text"]);
  });

  it("passes members named like those of every object", () => {
    const text = { body: "hola", preview_url: true, constructor: 1, prototype: 2, toString: 3 };
    expect(parsed({ to: TO, text })?.content).toEqual(text);
  });

  it.each(["text", "metadata", "context"])("refuses deep nesting in %s", (member) => {
    const pointers = Object.keys(errorsOf({ ...minimal, [member]: { a: nested(100_000) } }));
    expect(pointers.some((pointer) => pointer.startsWith(`/${member}/a/0/`))).toBe(true);
  });

  it("refuses what has no UTF-8 form, and NUL", () => {
    const errors = errorsOf({ to: TO, text: { body: "a\uD800" }, metadata: { a: "\0" } });
    expect(errors).toEqual({
      "/text/body": "must not contain half a surrogate pair: Meta takes whole characters only",
      "/metadata/a": "must not contain a NUL character: Meta refuses it",
    });
  });

  it("takes right-to-left text and emoji as they are", () => {
    const body = "\u202Eمرحبا 👩‍⚕️";
    expect(parsed({ to: TO, text: { body } })?.content).toMatchObject({ body });
  });

  it("survives a cycle and what is not JSON (callers over RPC)", () => {
    const cyclic: Record<string, unknown> = { big: 1n };
    cyclic["self"] = cyclic;
    expect(Object.keys(errorsOf({ ...minimal, metadata: cyclic }))).toContain("/metadata/big");
  });

  const names = fc.constantFrom(
    "to",
    "recipient",
    "conversation_id",
    "type",
    "context",
    "from",
    "send_at",
    "expires_at",
    "window",
    "wait",
    "metadata",
    "text",
    "image",
    "interactive",
    "template",
    "contacts",
    "location",
    "reaction",
    "__proto__",
    "constructor",
    "toString",
  );
  const types = fc.constantFrom("text", "image", "interactive", "template", "contacts", "location");

  test.prop([fc.dictionary(names, fc.oneof(fc.jsonValue(), types))])(
    "never throws, and every refusal says what and where",
    (body) => {
      const result = parseSendRequest(JSON.parse(JSON.stringify(body)), NOW, readPhone);
      for (const { pointer, detail } of result.ok ? [] : result.errors) {
        expect(pointer).toMatch(/^(?:\/|$)/);
        expect(detail).not.toBe("");
      }
    },
  );

  test.prop([fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))])(
    "passes the members of a content whole",
    (members) => {
      const result = parsed({ to: TO, type: "hologram", hologram: members });
      fc.pre(result !== null);
      expect(result?.content).toEqual(members);
    },
  );
});
