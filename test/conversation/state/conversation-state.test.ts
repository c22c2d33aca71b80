import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  withInbound,
  withPairRateSpent,
  withRead,
  withSent,
} from "../../../src/conversation/state/activity.ts";
import {
  withAddress,
  withLinkMade,
  withOwnAddress,
} from "../../../src/conversation/state/addresses.ts";
import { nextSendAt } from "../../../src/conversation/state/pair-rate.ts";
import { conversationProjection } from "../../../src/conversation/state/projection.ts";
import {
  type ConversationState,
  type ConversationStatus,
  newConversation,
} from "../../../src/conversation/state/state.ts";
import type { Address } from "../../../src/lib/address.ts";
import { endOfSecond, placedId } from "../../../src/lib/ids.ts";
import type { InboundMessage } from "../../../src/message/inbound-message.ts";
import {
  HOUR_MS,
  inboundMessage,
  messageIdAt,
  NAMELESS,
} from "../../support/conversation-messages.ts";
import { deliveriesOf, messagesTo, outcomeOf } from "../../support/deliveries.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const PHONE: Address = { kind: "phone", phone: "529982220001" };
const USER: Address = { kind: "user", user_id: "MX.1" };
const GROUP: Address = { kind: "group", group_id: "120363" };

const EMPTY = newConversation(NUMBER, PHONE, NOW);

function received(
  state: ConversationState,
  members: Partial<InboundMessage> = {},
): ConversationState {
  return withInbound(state, inboundMessage({ at: NOW, address: state.address, ...members }));
}

/** What the design's table speaks of. */
function effectOn(state: ConversationState, members: Partial<InboundMessage>) {
  const after = received(state, members);
  return {
    unread: after.unread_count - state.unread_count,
    opens: after.last_customer_message_at !== state.last_customer_message_at,
    moves: after.last_message_at !== state.last_message_at,
    reopens: after.status === "pending",
  };
}

describe("a new conversation", () => {
  it("is pending, with nothing unread and no window", () => {
    expect(EMPTY).toMatchObject({
      status: "pending",
      unread_count: 0,
      last_customer_message_at: null,
      version: 0,
    });
  });
});

describe("a closed conversation after a message (the table of inbound types)", () => {
  const closed = (address: Address): ConversationState => ({
    ...newConversation(NUMBER, address, NOW),
    status: "closed",
    last_message_at: NOW - HOUR_MS,
    last_customer_message_at: NOW - HOUR_MS,
  });
  const all = { unread: 1, opens: true, moves: true, reopens: true };
  const none = { unread: 0, opens: false, moves: false, reopens: false };

  it.each([
    ["text from a customer", "text", "inbound", PHONE, all],
    ["text by BSUID", "text", "inbound", USER, all],
    ["unknown type from a customer", "hologram", "inbound", PHONE, all],
    ["reaction from a customer", "reaction", "inbound", PHONE, { ...none, opens: true }],
    ["edit from a customer", "edit", "inbound", PHONE, none],
    ["revoke from a customer", "revoke", "inbound", PHONE, none],
    ["system message", "system", "inbound", PHONE, none],
    ["echo", "text", "outbound", PHONE, { ...none, moves: true }],
    ["echo of an unknown type", "hologram", "outbound", PHONE, { ...none, moves: true }],
    ["echoed reaction", "reaction", "outbound", PHONE, none],
    ["text in a group", "text", "inbound", GROUP, { ...all, opens: false }],
    ["reaction in a group", "reaction", "inbound", GROUP, none],
    ["echo in a group", "text", "outbound", GROUP, { ...none, moves: true }],
  ] as const)("%s", (_name, type, direction, address, effect) => {
    expect(effectOn(closed(address), { type, direction })).toEqual(effect);
  });

  it("stays active where it was active", () => {
    expect(received({ ...EMPTY, status: "active" }).status).toBe("active");
  });
});

describe("the times of a conversation (I3, I5)", () => {
  it("never move backwards", () => {
    const late = received(received(EMPTY, { at: NOW }), { at: NOW - HOUR_MS });
    expect(late).toMatchObject({ last_message_at: NOW, last_customer_message_at: NOW });
    expect(late.unread_count).toBe(2);
  });

  it("take the first message however old it is", () => {
    const at = NOW - 30 * 24 * HOUR_MS;
    expect(received(EMPTY, { at })).toMatchObject({
      last_message_at: at,
      last_customer_message_at: at,
    });
  });
});

describe("the read mark (I4)", () => {
  const upTo = (at: number) => messageIdAt(at);

  it("sets what came after it as unread", () => {
    const read = withRead({ ...EMPTY, unread_count: 7 }, upTo(5), 2);
    expect(read).toMatchObject({ read_up_to: upTo(5), unread_count: 2 });
  });

  it("never moves backwards, nor to where it is", () => {
    const read = withRead(EMPTY, upTo(5), 0);
    expect(withRead(read, upTo(4), 0)).toBe(read);
    expect(withRead(read, upTo(4), 1)).toMatchObject({ read_up_to: upTo(5), unread_count: 1 });
    expect(withRead(read, upTo(5), 0)).toBe(read);
  });

  it("counts a message that arrives late but was written before it as read", () => {
    const read = withRead(EMPTY, upTo(5), 0);
    expect(received(read, { id: messageIdAt(4, "1") }).unread_count).toBe(0);
    expect(received(read, { id: messageIdAt(6, "1") }).unread_count).toBe(1);
  });
});

describe("a message stamped like the newest that staff have read (I4)", () => {
  const readAt = messageIdAt(5, "8");
  const read = withRead(EMPTY, readAt, 0);

  it.each(["1", "9"])("is unread, since they have not seen it, with tail %s", (tail) => {
    const id = placedId(messageIdAt(5, tail), read.read_up_to);
    expect(received(read, { id }).unread_count).toBe(1);
  });

  it("is read if it is that very message, which was forgotten since", () => {
    const id = placedId(messageIdAt(5, "8"), messageIdAt(5, "9"));
    expect(id > readAt).toBe(true);
    expect(received(read, { id }).unread_count).toBe(0);
  });
});

describe("the greatest id that was taken", () => {
  it("is kept whatever comes late", () => {
    const [early, late] = [messageIdAt(4), messageIdAt(5)];
    expect(EMPTY.newest_id).toBe("");
    expect(received(received(EMPTY, { id: late }), { id: early }).newest_id).toBe(late);
    expect(received(received(EMPTY, { id: early }), { id: late }).newest_id).toBe(late);
  });
});

describe("a conversation after a message of ours", () => {
  const sentFrom = (status: ConversationStatus, type: string) =>
    withSent(
      { ...EMPTY, status, last_message_at: NOW - HOUR_MS },
      { at: NOW, message: { id: messageIdAt(1), type } },
    );

  it.each(["pending", "active", "closed"] as const)(
    "a free-form reply makes %s active",
    (status) => {
      expect(sentFrom(status, "text")).toMatchObject({ status: "active", last_message_at: NOW });
    },
  );

  it.each(["pending", "active", "closed"] as const)("a template leaves it %s", (status) => {
    expect(sentFrom(status, "template")).toMatchObject({ status, last_message_at: NOW });
  });

  it("a reaction leaves it as it was", () => {
    const state = sentFrom("pending", "reaction");
    expect(state).toMatchObject({ status: "pending", last_message_at: NOW - HOUR_MS });
  });

  it("never moves its time backwards", () => {
    const state = withSent(
      { ...EMPTY, last_message_at: NOW + 1 },
      { at: NOW, message: { id: messageIdAt(1), type: "text" } },
    );
    expect(state.last_message_at).toBe(NOW + 1);
  });

  it("opens no window (I5)", () => {
    expect(sentFrom("pending", "text").last_customer_message_at).toBeNull();
  });

  it("has spent one message of its pair rate", () => {
    let state = EMPTY;
    for (let sent = 0; sent < 45; sent += 1) {
      expect(nextSendAt(state.pair_rate_at)).toBeLessThanOrEqual(NOW);
      state = withPairRateSpent(state, NOW);
    }
    expect(nextSendAt(state.pair_rate_at)).toBe(NOW + 6000);
  });
});

describe("the other addresses of a person (I8)", () => {
  const from = (state: ConversationState, userId: string | null) =>
    received(state, { person: { ...NAMELESS, user_id: userId } });
  const user = (user_id: string): Address => ({ kind: "user", user_id });

  it("are to be linked once each", () => {
    const state = from(from(from(EMPTY, "MX.1"), "MX.1"), "MX.2");
    expect(state.links).toEqual([
      { address: user("MX.1"), made: false },
      { address: user("MX.2"), made: false },
    ]);
    const linked = withLinkMade(state, user("MX.1"));
    expect(linked.links).toEqual([
      { address: user("MX.1"), made: true },
      { address: user("MX.2"), made: false },
    ]);
    expect(from(linked, "MX.1").links).toEqual(linked.links);
  });

  it("have nothing to link where the conversation is the BSUID's own, or none is named", () => {
    const own = newConversation(NUMBER, user("MX.1"), NOW);
    expect(withAddress(own, user("MX.1")).links).toEqual([]);
    expect(from(EMPTY, null).links).toEqual([]);
  });

  it("are what a system message says they changed to", () => {
    const phone: Address = { kind: "phone", phone: "529982220009" };
    const state = received(EMPTY, { type: "system", changed_to: [phone, user("MX.9")] });
    expect(state.links.map(({ address }) => address)).toEqual([phone, user("MX.9")]);
    expect(conversationProjection("c1", state)).toMatchObject({
      phone: "529982220009",
      user_id: "MX.9",
    });
  });

  it("shrink to a BSUID where the phone was given to someone else", () => {
    const state = withOwnAddress(from(EMPTY, "MX.1"), user("MX.1"));
    expect(state).toMatchObject({ address: user("MX.1"), links: [], person: { wa_id: null } });
  });
});

describe("a group", () => {
  it("has nobody's name and nobody's BSUID", () => {
    const person = { ...NAMELESS, name: "Ana", user_id: "MX.1", wa_id: "5219982220001" };
    const state = received(newConversation(NUMBER, GROUP, NOW), { person });
    expect(state.links).toEqual([]);
    expect(conversationProjection("c1", state)).toMatchObject({
      profile_name: null,
      user_id: null,
      wa_id: null,
    });
  });
});

describe("the fold over any delivery of the same messages (I3, I4, I5)", () => {
  const scenario = messagesTo(PHONE).chain((messages) =>
    fc.record({ messages: fc.constant(messages), bodies: deliveriesOf(messages) }),
  );

  test.prop([scenario])("gives the state of the reference model", ({ messages, bodies }) => {
    const ids = new Map<string, string>();
    let state = EMPTY;
    for (const message of bodies.flat()) {
      if (ids.has(message.wamid)) continue;
      const known = [...ids.values()].filter((id) => id < endOfSecond(message.at));
      const id = placedId(message.id, known.toSorted().at(-1) ?? "");
      ids.set(message.wamid, id);
      state = withInbound(state, { ...message, id });
    }
    expect(ids.size).toBe(messages.length);
    const { last_message_at, ...outcome } = outcomeOf(bodies.flat());
    expect(conversationProjection("c1", state)).toMatchObject({
      ...outcome,
      last_message_at: last_message_at ?? NOW,
    });
  });
});
