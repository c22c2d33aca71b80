import { describe, expect, it } from "vitest";
import { withInbound } from "../../../src/conversation/state/activity.ts";
import { identityOwner } from "../../../src/conversation/state/identity-rules.ts";
import { type ConversationState, newConversation } from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import type { InboundMessage } from "../../../src/message/inbound-message.ts";
import { reportedByMessage } from "../../../src/message/reported-identity.ts";
import { inboundMessage, NAMELESS } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOON = Date.UTC(2026, 10, 24, 12);

const phone: Address = { kind: "phone", phone: "529982220001" };
const user = (user_id: string): Address => ({ kind: "user", user_id });

function by(user_id: string | null, members: Partial<InboundMessage> = {}): InboundMessage {
  return inboundMessage({ address: phone, person: { ...NAMELESS, user_id }, at: NOON, ...members });
}

function whose(state: ConversationState, message: InboundMessage) {
  return identityOwner(state, reportedByMessage(message));
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
    expect(whose(state, message)).toEqual({ kind: "ours" });
  });

  it.each([
    ["later", NOON + 1000, false],
    ["in the same second", NOON, false],
    ["earlier", NOON - 1000, true],
  ])("with another BSUID, reported %s, is another person's", (_when, at, late) => {
    expect(whose(after(phone, by("MX.1")), by("MX.2", { at }))).toEqual({
      kind: "another",
      address: user("MX.2"),
      late,
    });
  });

  it("has one owner of two named in the same second, whichever comes first", () => {
    expect(whose(after(phone, by("MX.2")), by("MX.1"))).toMatchObject({ late: true });
  });

  it("with another BSUID in a system message from before is not ours", () => {
    const change = by("MX.8", { changed_to: [user("MX.9")], at: NOON - 1000 });
    expect(whose(after(phone, by("MX.1")), change)).toMatchObject({
      kind: "another",
      late: true,
    });
  });
});

describe("I8: a message under a BSUID", () => {
  const address = user("MX.1");

  it("is ours with that BSUID or none", () => {
    const state = after(address, by("MX.1", { address }));
    expect(whose(state, by("MX.1", { address }))).toEqual({ kind: "ours" });
    expect(whose(state, by(null, { address }))).toEqual({ kind: "ours" });
  });

  it("with another BSUID belongs to that one's object, and nobody moves", () => {
    expect(whose(after(address), by("MX.2"))).toEqual({
      kind: "another",
      address: user("MX.2"),
      late: false,
    });
  });
});

describe("I8: a message in a group", () => {
  it("is the group's, whoever writes", () => {
    const group: Address = { kind: "group", group_id: "g1" };
    const state = after(group, by("MX.1", { address: group }));
    expect(whose(state, by("MX.2", { address: group }))).toEqual({ kind: "ours" });
  });
});
