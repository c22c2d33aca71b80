import { describe, expect, it } from "vitest";
import { mergedState } from "../../../src/conversation/state/merge-rules.ts";
import { type ConversationState, newConversation } from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import { messageIdAt } from "../../support/conversation-messages.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOON = Date.UTC(2026, 10, 24, 12);

const phone: Address = { kind: "phone", phone: "529982220001" };
const user: Address = { kind: "user", user_id: "MX.1" };
const former: Address = { kind: "user", user_id: "MX.0" };

const target = (members: Partial<ConversationState> = {}): ConversationState => ({
  ...newConversation(NUMBER, phone, NOON),
  ...members,
});
const NOTHING_UNREAD = { count: 0, first: null };

const source = (members: Partial<ConversationState> = {}): ConversationState => ({
  ...newConversation(NUMBER, user, NOON),
  ...members,
});

describe("I8: two conversations in one", () => {
  it("is known by every address of both, and asks each new one to lead here", () => {
    const links = [{ address: former, made: true }];
    const merged = mergedState(target(), source({ links }), NOTHING_UNREAD);
    expect(merged.address).toEqual(phone);
    expect(merged.links).toEqual([
      { address: user, made: false },
      { address: former, made: false },
    ]);
    // A link that is made already stays made.
    const known = target({ links: [{ address: user, made: true }] });
    expect(mergedState(known, source(), NOTHING_UNREAD).links).toEqual([
      { address: user, made: true },
    ]);
  });

  it("does not link to itself", () => {
    const links = [{ address: phone, made: true }];
    expect(mergedState(target(), source({ links }), NOTHING_UNREAD).links).toEqual([
      { address: user, made: false },
    ]);
  });

  it.each([
    ["pending", "pending", "pending"],
    ["pending", "closed", "pending"],
    ["active", "pending", "pending"],
    ["active", "closed", "active"],
    ["closed", "active", "active"],
    ["closed", "closed", "closed"],
  ] as const)("of which one is %s and one %s is %s", (one, other, whole) => {
    expect(
      mergedState(target({ status: one }), source({ status: other }), NOTHING_UNREAD).status,
    ).toBe(whole);
  });

  it("takes the earlier read mark where something unread stands before the later (I4)", () => {
    const [early, between, late, newest] = [
      messageIdAt(NOON),
      messageIdAt(NOON + 1000),
      messageIdAt(NOON + 2000),
      messageIdAt(NOON + 3000),
    ] as const;
    const mark = (one: string, other: string, first: string | null) =>
      mergedState(target({ read_up_to: one }), source({ read_up_to: other }), { count: 1, first })
        .read_up_to;
    for (const [one, other] of [
      [early, late],
      [late, early],
    ] as const) {
      expect(mark(one, other, between)).toBe(early);
      expect(mark(one, other, newest)).toBe(late);
      expect(mark(one, other, null)).toBe(late);
    }
    expect(mark(late, "", early)).toBe("");
  });

  it("has as many unread as both together (I4)", () => {
    const unread = { count: 3, first: messageIdAt(NOON) };
    expect(mergedState(target(), source(), unread).unread_count).toBe(3);
  });

  it.each([
    [null, null, null],
    [NOON, null, NOON],
    [null, NOON, NOON],
    [NOON, NOON + 1, NOON + 1],
    [NOON + 1, NOON, NOON + 1],
  ])("keeps the later window of %j and %j (I5)", (one, other, whole) => {
    const merged = mergedState(
      target({ last_customer_message_at: one }),
      source({ last_customer_message_at: other }),
      NOTHING_UNREAD,
    );
    expect(merged.last_customer_message_at).toBe(whole);
  });

  it.each([
    [1, 2],
    [2, 1],
  ])(
    "takes the later times, the earlier beginning and the higher version (%i, %i)",
    (one, other) => {
      const members = (n: number) => ({
        last_message_at: NOON + n,
        pair_rate_at: NOON + n,
        version: n,
        created_at: NOON + n,
      });
      expect(
        mergedState(target(members(one)), source(members(other)), NOTHING_UNREAD),
      ).toMatchObject({
        last_message_at: NOON + 2,
        pair_rate_at: NOON + 2,
        version: 2,
        created_at: NOON + 1,
      });
    },
  );

  it("knows the newer of each fact (I3)", () => {
    const fact = (value: string, at: number) => ({ value, by: messageIdAt(at) });
    const { person } = newConversation(NUMBER, phone, NOON);
    const merged = mergedState(
      target({
        person: { ...person, name: fact("Ana", NOON), username: fact("ana.new", NOON + 9) },
      }),
      source({
        person: {
          ...person,
          name: fact("Ana Ñ", NOON + 1),
          username: fact("ana", NOON),
          user_id: fact("MX.1", NOON),
        },
      }),
      NOTHING_UNREAD,
    );
    expect(merged.person).toMatchObject({
      name: { value: "Ana Ñ" },
      username: { value: "ana.new" },
      user_id: { value: "MX.1" },
    });
  });
});
