import { describe, expect, it } from "vitest";
import { withInbound } from "../../../src/conversation/state/activity.ts";
import { addressesOf } from "../../../src/conversation/state/addresses.ts";
import { withAnswered } from "../../../src/conversation/state/identity-rules.ts";
import { conversationProjection } from "../../../src/conversation/state/projection.ts";
import { newConversation } from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import { inboundMessage, NAMELESS } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const PHONE: Address = { kind: "phone", phone: "529982220001" };
const EMPTY = newConversation(NUMBER, PHONE, NOW);
const TO_PHONE = { dial: { to: "+529982220001" } };

const answered = (wa_id: string | null, user_id: string | null = null) => ({ wa_id, user_id });
const phone = (digits: string): Address => ({ kind: "phone", phone: digits });
const user = (user_id: string): Address => ({ kind: "user", user_id });

describe("I8: what Meta's answer to a send says about the customer that it reached", () => {
  it("keeps the number as Meta spells it", () => {
    const state = withAnswered(EMPTY, TO_PHONE, answered("5219982220001"), NOW);
    expect(conversationProjection("c1", state).wa_id).toBe("5219982220001");
    expect(addressesOf(state)).toEqual([PHONE]);
  });

  it.each([
    ["another number", TO_PHONE, answered("22541998877"), [phone("22541998877")]],
    ["a BSUID", TO_PHONE, answered(null, "MX.1"), [user("MX.1")]],
    ["a BSUID in the number's place", TO_PHONE, answered("MX.1"), [user("MX.1")]],
    [
      "the BSUID behind a parent's",
      { dial: { recipient: "MX.ENT.7" } },
      answered(null, "MX.1"),
      [user("MX.1"), user("MX.ENT.7")],
    ],
    ["nobody", TO_PHONE, answered(null), []],
    ["what is known", { dial: null }, answered("529982220001"), []],
  ])("links %s", (_what, message, contact, links) => {
    const state = withAnswered(EMPTY, message, contact, NOW);
    expect(state.links.map(({ address }) => address)).toEqual(links);
  });

  it("leaves what contradicts it, and groups, as they are", () => {
    const person = { ...NAMELESS, user_id: "MX.1" };
    const known = withInbound(EMPTY, inboundMessage({ address: PHONE, person, at: NOW }));
    expect(withAnswered(known, TO_PHONE, answered(null, "MX.2"), NOW + 1)).toBe(known);
    const group = newConversation(NUMBER, { kind: "group", group_id: "g" }, NOW);
    expect(withAnswered(group, { dial: null }, answered("5219982220001"), NOW)).toBe(group);
    expect(withAnswered(known, TO_PHONE, null, NOW)).toBe(known);
  });

  it("never takes a parent's BSUID for the person's own", () => {
    const state = withAnswered(EMPTY, TO_PHONE, answered(null, "MX.ENT.7"), NOW);
    expect(conversationProjection("c1", state).user_id).toBeNull();
  });
});
