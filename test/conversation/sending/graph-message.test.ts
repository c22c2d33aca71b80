import { describe, expect, it } from "vitest";
import { graphMessage } from "../../../src/conversation/sending/graph-message.ts";
import { newConversation } from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import { outgoingMessage } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const PHONE: Address = { kind: "phone", phone: "529982220001" };

function stateOf(address: Address, waId: string | null = null) {
  const state = newConversation(NUMBER, address, 0);
  return waId === null
    ? state
    : { ...state, person: { ...state.person, wa_id: { value: waId, by: "" } } };
}

describe("a message as the Cloud API takes it", () => {
  it("names our id, so that a send whose answer is lost can be identified (I7)", () => {
    const message = outgoingMessage({ content: JSON.stringify({ body: "Hola 👋" }) });
    expect(graphMessage(message, stateOf(PHONE))).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: "+529982220001",
      type: "text",
      text: { body: "Hola 👋" },
      biz_opaque_callback_data: message.id,
    });
  });

  it("carries contents that are lists", () => {
    const contacts = [{ name: { formatted_name: "Dra. López", first_name: "Eva" } }];
    const message = outgoingMessage({ type: "contacts", content: JSON.stringify(contacts) });
    expect(graphMessage(message, stateOf(PHONE))["contacts"]).toEqual(contacts);
  });

  it("names the message it replies to", () => {
    const message = outgoingMessage({ reply_to: "wamid.A" });
    expect(graphMessage(message, stateOf(PHONE))["context"]).toEqual({ message_id: "wamid.A" });
  });

  it("dials what the caller dialed before what is known", () => {
    const message = outgoingMessage({ dial: { to: "+529982220001" } });
    const body = graphMessage(message, stateOf(PHONE, "5219982220001"));
    expect(body["to"]).toBe("+529982220001");
  });

  it("dials the number as Meta spells it, with one plus", () => {
    const dialed = (waId: string) => graphMessage(outgoingMessage(), stateOf(PHONE, waId))["to"];
    expect(dialed("5219982220001")).toBe("+5219982220001");
    expect(dialed("+5219982220001")).toBe("+5219982220001");
  });

  it("puts a BSUID in recipient and never in to, where Meta would drop the message", () => {
    const user = stateOf({ kind: "user", user_id: "MX.1" });
    const toConversation = graphMessage(outgoingMessage(), user);
    expect(toConversation).toMatchObject({ recipient_type: "individual", recipient: "MX.1" });
    expect(toConversation).not.toHaveProperty("to");
    const dialed = graphMessage(outgoingMessage({ dial: { recipient: "MX.2" } }), stateOf(PHONE));
    expect(dialed).toMatchObject({ recipient: "MX.2" });
    expect(dialed).not.toHaveProperty("to");
  });

  it("says of a group that it is one", () => {
    const body = graphMessage(outgoingMessage(), stateOf({ kind: "group", group_id: "120363" }));
    expect(body).toMatchObject({ recipient_type: "group", to: "120363" });
  });
});
