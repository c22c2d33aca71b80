import { describe, expect, it } from "vitest";
import { withFacts } from "../../../src/conversation/state/person.ts";
import {
  conversationProjection,
  mediaIdOf,
  messageProjection,
  sendProjection,
} from "../../../src/conversation/state/projection.ts";
import { newConversation } from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import type { SendReport } from "../../../src/message/outgoing-message.ts";
import { inboundMessage, NAMELESS } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const PHONE: Address = { kind: "phone", phone: "529982220001" };

describe("a conversation in D1", () => {
  it("starts at its creation, nothing read and nothing said", () => {
    expect(conversationProjection("c1", newConversation(NUMBER, PHONE, NOW))).toEqual({
      id: "c1",
      kind: "individual",
      phone_number_id: NUMBER,
      phone: "529982220001",
      group_id: null,
      wa_id: "529982220001",
      user_id: null,
      parent_user_id: null,
      username: null,
      profile_name: null,
      profile_folded: "",
      status: "pending",
      unread_count: 0,
      read_up_to: null,
      last_message_at: NOW,
      last_customer_message_at: null,
      waiting_since: null,
      version: 0,
      created_at: NOW,
      updated_at: NOW,
    });
  });

  it("shows what is known of the person, as Meta spells it", () => {
    const state = newConversation(NUMBER, PHONE, NOW);
    const facts = {
      wa_id: "5219982220001",
      user_id: "MX.1",
      parent_user_id: "MX.ENT.1",
      username: "@ana",
      name: "Ana Ñúñez",
    };
    const person = withFacts(state.person, facts, "msg_1");
    const { name, ...identity } = facts;
    expect(conversationProjection("c1", { ...state, person })).toMatchObject({
      ...identity,
      profile_name: name,
      phone: "529982220001",
    });
  });

  it("has no phone where Meta gave a BSUID alone (I8)", () => {
    const state = newConversation(NUMBER, { kind: "user", user_id: "MX.1" }, NOW);
    expect(conversationProjection("c1", state)).toMatchObject({
      kind: "individual",
      phone: null,
      wa_id: null,
      user_id: "MX.1",
      group_id: null,
    });
  });

  it("is of kind group in a group", () => {
    const state = newConversation(NUMBER, { kind: "group", group_id: "120363" }, NOW);
    expect(conversationProjection("c1", state)).toMatchObject({
      kind: "group",
      phone: null,
      wa_id: null,
      user_id: null,
      group_id: "120363",
    });
  });

  it("keeps its read mark and its times", () => {
    const state = {
      ...newConversation(NUMBER, PHONE, NOW),
      read_up_to: "msg_1",
      last_message_at: NOW - 2000,
      last_customer_message_at: NOW - 3000,
    };
    expect(conversationProjection("c1", state)).toMatchObject({
      read_up_to: "msg_1",
      last_message_at: NOW - 2000,
      last_customer_message_at: NOW - 3000,
    });
  });
});

describe("a received message in D1", () => {
  it("is delivered, with Meta's object kept to the letter (I9)", () => {
    const payload = '{"type":"text","text":{"body":"Hola"},"n":12345678901234567890}';
    const message = inboundMessage({ at: NOW, received_at: NOW + 5, payload });
    expect(messageProjection("c1", message)).toEqual({
      id: message.id,
      conversation_id: "c1",
      phone_number_id: NUMBER,
      direction: "inbound",
      type: "text",
      wamid: message.wamid,
      body: "Hola",
      payload,
      participant: null,
      target_wamid: null,
      state: "delivered",
      created_at: NOW,
      received_at: NOW + 5,
      media: null,
    });
  });

  it("is accepted where it is an echo", () => {
    const echo = inboundMessage({ direction: "outbound" });
    expect(messageProjection("c1", echo)).toMatchObject({
      direction: "outbound",
      state: "accepted",
    });
  });

  it("names who wrote it in a group", () => {
    const person = { ...NAMELESS, wa_id: "5219982220001", name: "Ana" };
    const address: Address = { kind: "group", group_id: "120363" };
    const { participant } = messageProjection("c1", inboundMessage({ address, person }));
    expect(JSON.parse(participant ?? "")).toEqual(person);
  });

  it("brings its file along, under an id that follows from its own", () => {
    const image = { id: "1300", mime_type: "image/jpeg", sha256: "abc", caption: "Luna" };
    const payload = JSON.stringify({ type: "image", image });
    const message = inboundMessage({ type: "image", payload });
    expect(messageProjection("c1", message)).toMatchObject({
      body: "Luna",
      media: {
        id: mediaIdOf(message.id),
        meta_id: "1300",
        meta_expires_at: message.at + 7 * 24 * 60 * 60 * 1000,
        mime_type: "image/jpeg",
        sha256: "abc",
        filename: null,
      },
    });
  });

  it("has no file where Meta gave no id, and an unknown type where it gave none", () => {
    const mediaOf = (file: object) =>
      messageProjection(
        "c1",
        inboundMessage({ payload: JSON.stringify({ type: "document", document: file }) }),
      ).media;
    expect(mediaOf({ link: "https://files.example/a.pdf" })).toBeNull();
    expect(mediaOf({ id: "1300", filename: "receta.pdf" })).toMatchObject({
      mime_type: "application/octet-stream",
      filename: "receta.pdf",
    });
  });

  it("stands even for a payload that is no object (I9)", () => {
    expect(messageProjection("c1", inboundMessage({ payload: "7" }))).toMatchObject({
      payload: "7",
      body: "[Mensaje no compatible]",
      media: null,
    });
  });
});

describe("the id of a message's file", () => {
  it("is the message's own under another prefix", () => {
    expect(mediaIdOf("msg_0192msg_")).toBe("med_0192msg_");
  });
});

describe("the progress of a send in D1", () => {
  const error = { code: "rate_limited", detail: "Too fast." };
  const of = (report: SendReport) =>
    sendProjection("c1", { message_id: "msg_1", revision: 3, report });
  const none = { wamid: null, error: null, failed_at: null };

  it.each<[SendReport, object]>([
    [
      { state: "scheduled", error: null },
      { state: "scheduled", ...none },
    ],
    [
      { state: "queued", error },
      { state: "queued", ...none, error: JSON.stringify(error) },
    ],
    [
      { state: "calling", error: null },
      { state: "queued", ...none },
    ],
    [
      { state: "accepted", wamid: "wamid.A", at: NOW },
      { state: "accepted", ...none, wamid: "wamid.A" },
    ],
    [
      { state: "unconfirmed", error, at: NOW },
      { state: "unconfirmed", ...none, error: JSON.stringify(error), failed_at: NOW },
    ],
    [
      { state: "failed", error, at: NOW },
      { state: "failed", ...none, error: JSON.stringify(error), failed_at: NOW },
    ],
    [
      { state: "canceled", at: NOW },
      { state: "canceled", ...none },
    ],
  ])("%o", (report, columns) => {
    expect(of(report)).toEqual({
      id: "msg_1",
      conversation_id: "c1",
      state_revision: 3,
      ...columns,
    });
  });
});
