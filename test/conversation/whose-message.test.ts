import { describe, expect, it } from "vitest";
import {
  newConversation,
  withInbound,
  type ConversationState,
} from "../../src/conversation/conversation-state.ts";
import type { InboundMessage } from "../../src/conversation/inbound-message.ts";
import { whoseMessage } from "../../src/conversation/whose-message.ts";
import type { Address } from "../../src/customer/address.ts";
import { inboundMessage, NAMELESS } from "../support/conversation-messages.ts";
import { NUMBER } from "../support/paloma.ts";

const NOON = Date.UTC(2026, 10, 24, 12);

const phone: Address = { kind: "phone", phone: "529982220001" };
const user = (user_id: string): Address => ({ kind: "user", user_id });

function by(user_id: string | null, members: Partial<InboundMessage> = {}): InboundMessage {
  return inboundMessage({ address: phone, person: { ...NAMELESS, user_id }, at: NOON, ...members });
}

/** A conversation under this address, in which these were written. */
function after(address: Address, ...messages: InboundMessage[]): ConversationState {
  return messages.reduce(withInbound, newConversation(NUMBER, address, NOON));
}

describe("I8: a message under a phone", () => {
  it.each<[string, ConversationState, InboundMessage]>([
    ["without a BSUID", after(phone, by("MX.1")), by(null)],
    ["with the BSUID known", after(phone, by("MX.1")), by("MX.1")],
    ["with the first BSUID of all", after(phone, by(null)), by("MX.1")],
    ["with any BSUID in an empty conversation", after(phone), by("MX.1")],
    [
      "with a new BSUID that it says itself was changed to",
      after(phone, by("MX.1")),
      by("MX.2", { type: "system", changed_to: [user("MX.2")] }),
    ],
    [
      "with a BSUID that a system message before it announced",
      after(phone, by("MX.1"), by("MX.1", { type: "system", changed_to: [user("MX.2")] })),
      by("MX.2"),
    ],
    [
      "with the BSUID from before such a change, late",
      after(phone, by("MX.1"), by("MX.1", { type: "system", changed_to: [user("MX.2")] })),
      by("MX.1"),
    ],
  ])("%s is ours", (_which, state, message) => {
    expect(whoseMessage(state, message)).toEqual({ kind: "ours" });
  });

  it("with another BSUID is someone else's, who has this phone now", () => {
    expect(whoseMessage(after(phone, by("MX.1")), by("MX.2"))).toEqual({
      kind: "recycled",
      owner: user("MX.1"),
      heir: user("MX.2"),
    });
  });

  it("leaves the former owner under the BSUID that holds today", () => {
    const changed = by("MX.1", { type: "system", changed_to: [user("MX.2")], at: NOON + 1000 });
    expect(whoseMessage(after(phone, by("MX.1"), changed), by("MX.3"))).toEqual({
      kind: "recycled",
      owner: user("MX.2"),
      heir: user("MX.3"),
    });
  });
});

describe("I8: a message under a BSUID", () => {
  const address = user("MX.1");

  it("is ours with that BSUID or none", () => {
    const state = after(address, by("MX.1", { address }));
    expect(whoseMessage(state, by("MX.1", { address }))).toEqual({ kind: "ours" });
    expect(whoseMessage(state, by(null, { address }))).toEqual({ kind: "ours" });
  });

  it("with another BSUID belongs to that one's object, and nobody moves", () => {
    expect(whoseMessage(after(address), by("MX.2"))).toEqual({
      kind: "another",
      address: user("MX.2"),
    });
  });
});

describe("I8: a message in a group", () => {
  it("is the group's, whoever writes", () => {
    const group: Address = { kind: "group", group_id: "g1" };
    const state = after(group, by("MX.1", { address: group }));
    expect(whoseMessage(state, by("MX.2", { address: group }))).toEqual({ kind: "ours" });
  });
});
