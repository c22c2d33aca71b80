import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { type ChangeContext, Contacts } from "../../src/webhook/contacts.ts";
import { echoEvent, messageEvent } from "../../src/webhook/message.ts";
import { NUMBER } from "../support/paloma.ts";
import { contactOf } from "../support/webhook-bodies.ts";

const RECEIVED_AT = Date.parse("2026-11-22T12:00:00Z");
const SENT_AT = Date.parse("2026-11-22T11:59:00Z");

const ANA = "5219982220001";
const ANA_PHONE = "529982220001";
const ANA_USER_ID = "MX.13491208655302741918";
const CLINIC = "529983162438";
const GROUP = "Y2FwaV9ncm91cDoxMjM0NTY3ODkw";

const ANA_CONTACT: JsonObject = {
  profile: { name: "Ana Ñúñez", username: "ana.nunez" },
  wa_id: ANA,
  user_id: ANA_USER_ID,
  parent_user_id: "MX.ENT.1349",
};

const HELLO: JsonObject = {
  from: ANA,
  id: "wamid.HBgNNTIxOTk4MjIyMDAwMRUCABIYFDNB",
  timestamp: String(SENT_AT / 1000),
  type: "text",
  text: { body: "Hola, ¿tienen cita para Luna?" },
};

describe("messageEvent", () => {
  it("reads a text and who wrote it", () => {
    expect(messageEvent(HELLO, contextOf(ANA_CONTACT))).toEqual({
      wamid: HELLO["id"],
      phone_number_id: NUMBER,
      direction: "inbound",
      type: "text",
      at: SENT_AT,
      received_at: RECEIVED_AT,
      address: { kind: "phone", phone: ANA_PHONE },
      person: {
        wa_id: ANA,
        user_id: ANA_USER_ID,
        parent_user_id: "MX.ENT.1349",
        username: "ana.nunez",
        name: "Ana Ñúñez",
      },
      changed_to: [],
      target_wamid: null,
      payload: JSON.stringify(HELLO),
    });
  });

  it("knows the writer by phone alone where no contact speaks of them", () => {
    expect(messageEvent(HELLO, contextOf())).toMatchObject({
      address: { kind: "phone", phone: ANA_PHONE },
      person: { wa_id: ANA, user_id: null, parent_user_id: null, username: null, name: null },
    });
  });

  it("knows a writer without a phone by BSUID (I8)", () => {
    const { from: _phone, ...message } = HELLO;
    const contact = { profile: { name: "Ana Ñúñez" }, user_id: ANA_USER_ID };
    expect(
      messageEvent({ ...message, from_user_id: ANA_USER_ID }, contextOf(contact)),
    ).toMatchObject({
      address: { kind: "user", user_id: ANA_USER_ID },
      person: { wa_id: null, user_id: ANA_USER_ID, name: "Ana Ñúñez" },
    });
  });

  it("knows a writer by the only contact where the message names nobody", () => {
    const { from: _phone, ...message } = HELLO;
    expect(messageEvent(message, contextOf(ANA_CONTACT))).toMatchObject({
      address: { kind: "phone", phone: ANA_PHONE },
      person: { wa_id: ANA, user_id: ANA_USER_ID },
    });
  });

  it("takes the parent's id from the message before the contact's", () => {
    const message = { ...HELLO, from_parent_user_id: "MX.ENT.22" };
    expect(messageEvent(message, contextOf(ANA_CONTACT))).toMatchObject({
      person: { parent_user_id: "MX.ENT.22" },
    });
  });

  it("keeps an identity that is no phone verbatim (I9)", () => {
    for (const from of ["PHONE_NUMBER", "52 998 222 0001", "1234", "<b>"]) {
      expect(messageEvent({ ...HELLO, from }, contextOf())).toMatchObject({
        address: { kind: "phone", phone: from },
        person: { wa_id: from },
      });
    }
  });

  it("reads a phone and a type that are numbers", () => {
    expect(messageEvent({ ...HELLO, from: Number(ANA), type: 7 }, contextOf())).toMatchObject({
      address: { kind: "phone", phone: ANA_PHONE },
      type: "7",
    });
  });

  describe("finds the contact", () => {
    const bruno = contactOf("5219982220002", "Bruno");

    it.each<[string, JsonObject, JsonObject[], string | null]>([
      ["by phone among several", HELLO, [bruno, ANA_CONTACT], "Ana Ñúñez"],
      ["by phone in another spelling", HELLO, [bruno, contactOf(ANA_PHONE, "Ana")], "Ana"],
      ["by a verbatim id", { ...HELLO, from: "X" }, [bruno, contactOf("X", "Equis")], "Equis"],
      [
        "by BSUID, whatever the phone says",
        { ...HELLO, from_user_id: ANA_USER_ID },
        [
          { ...contactOf(ANA, "Otra"), user_id: "MX.2" },
          { ...bruno, user_id: ANA_USER_ID },
        ],
        "Bruno",
      ],
      ["as the only one that says nothing else", HELLO, [{ profile: { name: "Ana" } }], "Ana"],
      ["not as the only one of somebody else", HELLO, [bruno], null],
      ["not as one of several that say nothing", HELLO, [{ profile: { name: "A" } }, {}], null],
      [
        "not by phone where the BSUID is another's",
        { ...HELLO, from_user_id: ANA_USER_ID },
        [{ ...contactOf(ANA, "Otra"), user_id: "MX.2" }],
        null,
      ],
    ])("%s", (_case, message, contacts, name) => {
      expect(messageEvent(message, contextOf(...contacts))).toMatchObject({ person: { name } });
    });

    it("and takes no name from a profile that is none", () => {
      expect(messageEvent(HELLO, contextOf({ wa_id: ANA, profile: "Ana" }))).toMatchObject({
        person: { name: null, username: null },
      });
    });
  });

  it("puts a group's message into the group's conversation, and keeps who wrote it", () => {
    const message = { ...HELLO, group_id: GROUP };
    expect(messageEvent(message, contextOf(ANA_CONTACT))).toMatchObject({
      address: { kind: "group", group_id: GROUP },
      person: { wa_id: ANA, name: "Ana Ñúñez" },
    });
  });

  it.each<[string, JsonObject, string | null]>([
    ["the old BSUID", { previous_user_id: "MX.1", user_id: "MX.2" }, "MX.1"],
    ["the new BSUID where that is all", { user_id: "MX.2" }, "MX.2"],
  ])("finds the conversation of a system message without a phone by %s", (_case, system, id) => {
    const { from: _phone, text: _text, ...message } = HELLO;
    const changed = {
      ...message,
      type: "system",
      system: { type: "user_changed_user_id", ...system },
    };
    expect(messageEvent(changed, contextOf())).toMatchObject({
      type: "system",
      address: { kind: "user", user_id: id },
      person: { wa_id: null, user_id: id },
    });
  });

  it("finds the conversation of a system message with a phone by the old phone", () => {
    const system = { type: "user_changed_number", wa_id: "5219983330001", user_id: "MX.2" };
    expect(messageEvent({ ...HELLO, type: "system", system }, contextOf())).toMatchObject({
      address: { kind: "phone", phone: ANA_PHONE },
      person: { wa_id: ANA, user_id: null },
    });
  });

  it.each<[string, JsonObject, string | null]>([
    ["reaction", { message_id: "wamid.target", emoji: "👍" }, "wamid.target"],
    ["edit", { original_message_id: "wamid.target", message: {} }, "wamid.target"],
    ["revoke", { original_message_id: "wamid.target" }, "wamid.target"],
    ["reaction", {}, null],
    ["text", { message_id: "wamid.target" }, null],
    ["button", { original_message_id: "wamid.target" }, null],
  ])("knows what a %s with %j is about", (type, about, target) => {
    const event = messageEvent({ ...HELLO, type, [type]: about }, contextOf());
    expect(event).toMatchObject({ type, target_wamid: target });
  });

  it("knows nothing of what an edit without its content is about", () => {
    expect(messageEvent({ ...HELLO, type: "edit" }, contextOf())).toMatchObject({
      target_wamid: null,
    });
  });

  it.each(["carrier_pigeon", "constructor", "__proto__", "toString"])(
    "takes a message of the unknown type %s (I9)",
    (type) => {
      const message: JsonObject = JSON.parse(
        JSON.stringify(HELLO).replace('"text"', JSON.stringify(type)),
      );
      expect(messageEvent(message, contextOf())).toMatchObject({
        type,
        target_wamid: null,
        payload: JSON.stringify(message),
      });
    },
  );

  it("calls a message without a type unknown (I9)", () => {
    const { type: _type, ...message } = HELLO;
    expect(messageEvent(message, contextOf())).toMatchObject({ type: "unknown" });
  });

  it("takes the time of receipt where the timestamp can't be read (I5)", () => {
    for (const timestamp of ["ayer", String(RECEIVED_AT), null]) {
      expect(messageEvent({ ...HELLO, timestamp }, contextOf())).toMatchObject({ at: RECEIVED_AT });
    }
  });

  it.each<[string, unknown]>([
    ["a message without an id", { ...HELLO, id: undefined }],
    ["a message without an id", { ...HELLO, id: "" }],
    ["a message without an id", {}],
    ["a message from nobody: no from, user id or contact", { ...HELLO, from: undefined }],
    ["a message from nobody: no from, user id or contact", { ...HELLO, from: "" }],
    ["a message that is not an object", "Hola"],
    ["a message that is not an object", null],
    ["a message that is not an object", [HELLO]],
  ])("says that it is %s", (reason, message) => {
    const json = JSON.parse(JSON.stringify(message));
    expect(messageEvent(json, contextOf())).toEqual({ reason });
  });

  it("says which number is missing", () => {
    const context = { ...contextOf(), phoneNumberId: null };
    expect(messageEvent(HELLO, context)).toEqual({
      reason: "a message without metadata.phone_number_id",
    });
  });

  it("says what is larger than a row", () => {
    const large = "\u{1F436}".repeat(100_000);
    const text = { ...HELLO, text: { body: large } };
    expect(messageEvent(text, contextOf())).toEqual({
      reason: "a message larger than a row",
    });
    expect(messageEvent(HELLO, contextOf(contactOf(ANA, large)))).toEqual({
      reason: "a message larger than a row",
    });
  });

  test.prop([fc.jsonValue(), fc.array(fc.dictionary(fc.string(), fc.jsonValue()))])(
    "throws at no JSON (I9)",
    (message, contacts) => {
      const json = JSON.parse(JSON.stringify({ message, contacts }));
      const event = messageEvent(json.message, contextOf(...json.contacts));
      if (!("reason" in event)) expect(event.payload).toBe(JSON.stringify(json.message));
      else expect(event.reason).toMatch(/^a message/);
    },
  );
});

describe("echoEvent", () => {
  const ECHO: JsonObject = { ...HELLO, from: CLINIC, to: ANA, to_user_id: ANA_USER_ID };

  it("is outbound, with the customer it went to", () => {
    expect(echoEvent(ECHO, contextOf(contactOf(ANA, "Ana Ñúñez")))).toMatchObject({
      direction: "outbound",
      address: { kind: "phone", phone: ANA_PHONE },
      person: { wa_id: ANA, user_id: ANA_USER_ID, name: "Ana Ñúñez" },
    });
  });

  it("finds the customer where from and to are swapped", () => {
    expect(echoEvent({ ...ECHO, from: ANA, to: CLINIC }, contextOf())).toMatchObject({
      direction: "outbound",
      address: { kind: "phone", phone: ANA_PHONE },
    });
  });

  it("finds the customer by BSUID where there is no phone", () => {
    const { to: _phone, ...echo } = ECHO;
    expect(echoEvent(echo, contextOf())).toMatchObject({
      address: { kind: "user", user_id: ANA_USER_ID },
    });
  });

  it("believes `to` where the business's own number is missing", () => {
    const context = { ...contextOf(), displayPhoneNumber: null };
    expect(echoEvent(ECHO, context)).toMatchObject({
      address: { kind: "phone", phone: ANA_PHONE },
    });
  });

  it("is unusable where it went to nobody", () => {
    const { to: _phone, to_user_id: _userId, ...echo } = ECHO;
    expect(echoEvent(echo, contextOf())).toMatchObject({
      reason: "a message from nobody: no from, user id or contact",
    });
  });
});

function contextOf(...contacts: readonly JsonObject[]): ChangeContext {
  return {
    phoneNumberId: NUMBER,
    displayPhoneNumber: "+52 998 316 2438",
    contacts: new Contacts(contacts),
    receivedAt: RECEIVED_AT,
  };
}
