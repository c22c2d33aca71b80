import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outboundMessageId } from "../../src/lib/ids.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { type ChangeContext, Contacts } from "../../src/webhook/contacts.ts";
import { statusEvent } from "../../src/webhook/status.ts";
import { NUMBER } from "../support/paloma.ts";

const RECEIVED_AT = Date.parse("2026-11-22T12:00:00Z");
const REPORTED_AT = Date.parse("2026-11-22T11:59:00Z");

const CONTEXT: ChangeContext = {
  phoneNumberId: NUMBER,
  displayPhoneNumber: null,
  contacts: new Contacts([]),
  receivedAt: RECEIVED_AT,
};

const DELIVERED: JsonObject = {
  id: "wamid.HBgNNTIxOTk4MjIyMDAwMRUCABEYEjE3",
  status: "delivered",
  timestamp: String(REPORTED_AT / 1000),
  recipient_id: "5219982220001",
  pricing: { billable: true, pricing_model: "PMP", category: "utility", type: "regular" },
};

describe("statusEvent", () => {
  it("reads a status", () => {
    expect(statusEvent(DELIVERED, CONTEXT)).toEqual({
      version: 1,
      phone_number_id: NUMBER,
      wamid: DELIVERED["id"],
      status: "delivered",
      participant: "",
      at: REPORTED_AT,
      received_at: RECEIVED_AT,
      message_id: null,
      payload: JSON.stringify(DELIVERED),
      people: [DELIVERED["recipient_id"]],
    });
  });

  it("knows by what else the person is known whom it went to, and nobody else (I8)", () => {
    const peopleOf = (members: JsonObject, contacts: JsonObject[] = []) => {
      const { recipient_id: _recipient, ...status } = DELIVERED;
      const context = { ...CONTEXT, contacts: new Contacts(contacts) };
      const event = statusEvent({ ...status, ...members }, context);
      return "people" in event ? event.people : undefined;
    };
    const contact = { wa_id: "5219982220001", user_id: "MX.1" };
    const other = { wa_id: "5219982220002", user_id: "MX.2" };
    const phone = { recipient_id: "529982220001" };
    expect(peopleOf({ ...phone, recipient_user_id: "MX.1" })).toEqual(["529982220001", "MX.1"]);
    expect(peopleOf(phone, [other, contact])).toEqual(["529982220001", "5219982220001", "MX.1"]);
    expect(peopleOf(phone, [other])).toEqual(["529982220001"]);
    expect(peopleOf({}, [contact])).toEqual(["5219982220001", "MX.1"]);
    expect(peopleOf({ recipient_id: "MX.1" })).toEqual(["MX.1"]);
    expect(peopleOf({ recipient_id: "nobody knows" })).toBeUndefined();
    const group = { recipient_type: "group", recipient_id: "120363042" };
    expect(peopleOf(group)).toBeUndefined();
    const member = { ...group, recipient_participant_id: "5219982220001" };
    expect(peopleOf({ ...member, recipient_participant_user_id: "MX.1" })).toEqual([
      "5219982220001",
      "MX.1",
    ]);
  });

  it("keeps a status not known yet (I9)", () => {
    expect(statusEvent({ ...DELIVERED, status: "hatched" }, CONTEXT)).toMatchObject({
      status: "hatched",
    });
  });

  it("finds our message by what came back with it, and by nothing else", () => {
    const id = outboundMessageId(RECEIVED_AT);
    const withCallback = (data: unknown) =>
      statusEvent(
        JSON.parse(JSON.stringify({ ...DELIVERED, biz_opaque_callback_data: data })),
        CONTEXT,
      );
    expect(withCallback(id)).toMatchObject({ message_id: id });
    for (const data of ["cita-8812", `${id}0`, ` ${id}`, id.toUpperCase(), "msg_", 7, {}, null]) {
      expect(withCallback(data)).toMatchObject({ message_id: null });
    }
  });

  it.each<[string, JsonObject, string]>([
    ["phone", { recipient_participant_id: "5219982220001" }, "5219982220001"],
    ["BSUID", { recipient_participant_user_id: "MX.1349" }, "MX.1349"],
    ["nothing", {}, ""],
  ])("tells a group's members apart by %s", (_case, members, participant) => {
    const status = { ...DELIVERED, recipient_type: "group", ...members };
    expect(statusEvent(status, CONTEXT)).toMatchObject({ participant });
  });

  it("has no participant outside a group", () => {
    const status = { ...DELIVERED, recipient_participant_id: "5219982220001" };
    expect(statusEvent(status, CONTEXT)).toMatchObject({ participant: "" });
  });

  it("takes the time of receipt where the timestamp can't be read", () => {
    const status = { ...DELIVERED, timestamp: "ahora" };
    expect(statusEvent(status, CONTEXT)).toMatchObject({ at: RECEIVED_AT });
  });

  it.each<[string, unknown]>([
    ["a status without an id or a status", { ...DELIVERED, id: undefined }],
    ["a status without an id or a status", { ...DELIVERED, id: "" }],
    ["a status without an id or a status", { ...DELIVERED, status: undefined }],
    ["a status without an id or a status", { ...DELIVERED, status: { name: "read" } }],
    ["a status that is not an object", "read"],
    ["a status that is not an object", null],
    ["a status that is not an object", [DELIVERED]],
  ])("says that it is %s", (reason, status) => {
    const json = JSON.parse(JSON.stringify(status));
    expect(statusEvent(json, CONTEXT)).toEqual({ reason });
  });

  it("says which number is missing", () => {
    expect(statusEvent(DELIVERED, { ...CONTEXT, phoneNumberId: null })).toEqual({
      reason: "a status without metadata.phone_number_id",
    });
  });

  test.prop([fc.jsonValue()])("throws at no JSON (I9)", (value) => {
    const json = JSON.parse(JSON.stringify(value));
    const event = statusEvent(json, CONTEXT);
    if (!("reason" in event)) expect(event.payload).toBe(JSON.stringify(json));
    else expect(event.reason).toMatch(/^a status/);
  });
});
