import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  withCall,
  withFailed,
  withInbound,
  withRead,
  withSent,
} from "../../../src/conversation/state/activity.ts";
import { mergedState } from "../../../src/conversation/state/merge-rules.ts";
import { conversationProjection } from "../../../src/conversation/state/projection.ts";
import { type ConversationState, newConversation } from "../../../src/conversation/state/state.ts";
import { readState } from "../../../src/conversation/storage/record.ts";
import type { Address } from "../../../src/lib/address.ts";
import { outboundMessageId } from "../../../src/lib/ids.ts";
import type { InboundMessage } from "../../../src/message/inbound-message.ts";
import { HOUR_MS, inboundMessage, messageIdAt } from "../../support/conversation-messages.ts";
import { deliveriesOf, messagesTo } from "../../support/deliveries.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const PHONE: Address = { kind: "phone", phone: "529982220001" };
const USER: Address = { kind: "user", user_id: "MX.1" };
const EMPTY = newConversation(NUMBER, PHONE, NOW);

function received(
  state: ConversationState,
  members: Partial<InboundMessage> = {},
): ConversationState {
  return withInbound(state, inboundMessage({ at: NOW, address: state.address, ...members }));
}

const sent = (
  state: ConversationState,
  type: string,
  at = NOW + HOUR_MS,
  id = outboundMessageId(at),
) => withSent(state, { at, message: { id, type } });

/** What the API shows. */
const shown = (state: ConversationState) => conversationProjection("c1", state).waiting_since;

const WAITING = received(EMPTY);

describe("a customer waits for an answer", () => {
  it("from the first message since the last one, however many follow", () => {
    expect(shown(EMPTY)).toBeNull();
    expect(shown(received(WAITING, { at: NOW + 5000 }))).toBe(NOW);
    const again = received(sent(WAITING, "text"), { at: NOW + 2 * HOUR_MS });
    expect(shown(again)).toBe(NOW + 2 * HOUR_MS);
  });

  it("by Meta's time, whichever message arrives first", () => {
    expect(shown(received(WAITING, { at: NOW - 5000 }))).toBe(NOW - 5000);
  });

  it.each(["text", "image", "interactive", "hologram"])("until a %s of ours", (type) => {
    expect(shown(sent(WAITING, type))).toBeNull();
  });

  it.each(["template", "reaction"])("also after a %s of ours, which is no answer", (type) => {
    expect(shown(sent(WAITING, type))).toBe(NOW);
  });

  it("also once somebody read it", () => {
    expect(shown(withRead(WAITING, messageIdAt(NOW + 1), 0))).toBe(NOW);
  });

  it.each(["reaction", "edit", "revoke", "system"])("not after a %s alone", (type) => {
    expect(shown(received(EMPTY, { type }))).toBeNull();
  });

  it("not for a message that staff had read before it arrived", () => {
    const read = withRead(EMPTY, messageIdAt(NOW + 1), 0);
    expect(shown(received(read, { id: messageIdAt(NOW, "1") }))).toBeNull();
  });

  it("in a group too", () => {
    const group = newConversation(NUMBER, { kind: "group", group_id: "120363" }, NOW);
    expect(shown(received(group))).toBe(NOW);
  });

  it("until the business writes on its own phone, but not behind that", () => {
    const echo = { direction: "outbound" as const };
    expect(shown(received(WAITING, { ...echo, at: NOW + 1000 }))).toBeNull();
    expect(shown(received(WAITING, { ...echo, at: NOW + 1000, type: "reaction" }))).toBe(NOW);
    expect(shown(received(WAITING, { ...echo, at: NOW - 1000 }))).toBe(NOW);
    const later = received(WAITING, { at: NOW + 5000 });
    expect(shown(received(later, { ...echo, at: NOW + 1000 }))).toBe(NOW + 5000);
  });

  it("not for a message that arrives behind the echo that answers it", () => {
    const answered = received(EMPTY, { direction: "outbound", at: NOW + 1000 });
    expect(shown(received(answered))).toBeNull();
    expect(shown(received(answered, { at: NOW + 1000 }))).toBe(NOW + 1000);
    expect(shown(received(answered, { at: NOW + 2000 }))).toBe(NOW + 2000);
  });

  it("not for a reaction or a call after a late echo", () => {
    const reacted = received(WAITING, { type: "reaction", at: NOW + 5000 });
    const called = withCall(WAITING, NOW + 5000);
    for (const state of [reacted, called]) {
      expect(shown(received(state, { direction: "outbound", at: NOW + 1000 }))).toBeNull();
    }
  });

  it("since a message of a bounded list, or a later one, however many they wrote", () => {
    const many = Array.from({ length: 500 }, (_none, place) => NOW + place * 1000);
    const state = many.reduce((before, at) => received(before, { at }), EMPTY);
    expect(shown(state)).toBe(NOW);
    expect(JSON.stringify(state).length).toBeLessThan(2000);
    expect(shown(received(state, { direction: "outbound", at: NOW + 3000 }))).toBe(NOW + 4000);
    const late = shown(received(state, { direction: "outbound", at: NOW + 400_000 }));
    expect(late).toBeGreaterThan(NOW + 400_000);
  });
});

describe("an answer that Meta accepted and failed later", () => {
  const [first, second] = [outboundMessageId(NOW), outboundMessageId(NOW)];
  const answered = sent(received(WAITING, { at: NOW + 5000 }), "text", NOW + HOUR_MS, first);
  const failed = (state: ConversationState, ...ids: readonly string[]) =>
    ids.reduce(withFailed, state);

  it("leaves the customer waiting as before, however often it is reported", () => {
    const open = failed(answered, first, first);
    expect(shown(open)).toBe(NOW);
    expect(shown(received(open, { direction: "outbound", at: NOW + 1000 }))).toBe(NOW + 5000);
    const placed = `${outboundMessageId(NOW + 1).slice(0, 20)}${first.slice(20)}`;
    expect(shown(failed(answered, placed))).toBe(NOW);
  });

  it("leaves nobody waiting while another answer stands", () => {
    const both = sent(answered, "text", NOW + HOUR_MS, second);
    expect(shown(failed(both, first))).toBeNull();
    expect(shown(failed(both, second))).toBeNull();
    expect(shown(failed(both, second, first))).toBe(NOW);
  });

  it("is that of the wait that it ended, also where the customer wrote again", () => {
    const again = received(answered, { at: NOW + 2 * HOUR_MS });
    expect(shown(again)).toBe(NOW + 2 * HOUR_MS);
    expect(shown(failed(again, first))).toBe(NOW);
    const anew = sent(again, "text", NOW + 3 * HOUR_MS, second);
    expect(shown(failed(anew, first))).toBeNull();
    expect(shown(failed(anew, second))).toBe(NOW + 2 * HOUR_MS);
  });

  it("changes nothing where nobody waited for it, or it was no answer", () => {
    expect(shown(failed(sent(EMPTY, "text", NOW, first), first))).toBeNull();
    const reminded = sent(WAITING, "template", NOW, second);
    expect(failed(reminded, second)).toBe(reminded);
    expect(failed(answered, second)).toBe(answered);
  });

  it("changes nothing once the business has answered on its own phone, or closed the conversation", () => {
    const byPhone = received(answered, { direction: "outbound", at: NOW + HOUR_MS });
    expect(shown(failed(byPhone, first))).toBeNull();
    const closed = { ...answered, status: "closed" as const };
    expect(shown(failed(closed, first))).toBeNull();
    const reopened = received(closed, { at: NOW + 2 * HOUR_MS });
    expect(shown(failed(reopened, first))).toBe(NOW + 2 * HOUR_MS);
  });

  it("is remembered in two conversations that become one, and in a bounded state", () => {
    const other = sent(received({ ...EMPTY, address: USER }, { at: NOW - 1 }), "text", NOW, second);
    const merged = mergedState(answered, other, { count: 0, first: null });
    expect(shown(failed(merged, first))).toBeNull();
    expect(shown(failed(merged, first, second))).toBe(NOW - 1);
    const many = Array.from({ length: 100 }, () => outboundMessageId(NOW));
    const state = many.reduce((before, id) => sent(before, "text", NOW, id), answered);
    expect(JSON.stringify(state).length).toBeLessThan(2000);
    expect(shown(failed(state, ...many))).toBe(NOW);
  });
});

describe("a closed conversation", () => {
  const closed: ConversationState = { ...WAITING, status: "closed" };

  it("has nobody who waits, until it is opened again", () => {
    expect(shown(closed)).toBeNull();
    expect(shown({ ...closed, status: "pending" })).toBe(NOW);
  });

  it("begins a new wait by the customer's next message", () => {
    const reopened = received(closed, { at: NOW + HOUR_MS });
    expect(reopened).toMatchObject({ status: "pending" });
    expect(shown(reopened)).toBe(NOW + HOUR_MS);
  });

  it("has nobody who waits once a message reopens it that staff had read before it arrived", () => {
    const read = withRead(closed, messageIdAt(NOW + HOUR_MS), 0);
    const reopened = received(read, { at: NOW + 1000, id: messageIdAt(NOW + 1000, "1") });
    expect(reopened).toMatchObject({ status: "pending", unread_count: 0 });
    expect(shown(reopened)).toBeNull();
  });
});

describe("I8: two conversations in one", () => {
  const NOTHING_UNREAD = { count: 0, first: null };
  const at = (waiting_since: number | null, status: ConversationState["status"] = "pending") => ({
    ...newConversation(NUMBER, USER, NOW),
    waiting_since,
    status,
  });

  it.each([
    [null, null, null],
    [NOW, null, NOW],
    [null, NOW, NOW],
    [NOW, NOW + 1, NOW],
    [NOW + 1, NOW, NOW],
  ])("of which one waits since %s and one since %s waits since %s", (one, other, whole) => {
    const merged = mergedState({ ...EMPTY, waiting_since: one }, at(other), NOTHING_UNREAD);
    expect(shown(merged)).toBe(whole);
  });

  it("waits for nothing that the business answered in the other by its own phone", () => {
    const answered = received(EMPTY, { direction: "outbound", at: NOW + 1000 });
    expect(shown(mergedState(answered, at(NOW), NOTHING_UNREAD))).toBeNull();
    expect(shown(mergedState(at(NOW), answered, NOTHING_UNREAD))).toBeNull();
    expect(shown(mergedState(at(NOW + 2000), answered, NOTHING_UNREAD))).toBe(NOW + 2000);
  });

  it("waits for nothing that was closed", () => {
    expect(shown(mergedState(EMPTY, at(NOW, "closed"), NOTHING_UNREAD))).toBeNull();
  });
});

describe("the state of an object of 0.1.0", () => {
  it("says nothing of a wait, which begins with the next message", () => {
    const { waiting_since: _absent, ...stored } = { ...EMPTY, unread_count: 3 };
    expect(shown(readState(stored))).toBeNull();
    expect(shown(received(readState(stored)))).toBe(NOW);
  });
});

const scenario = messagesTo(PHONE).chain((messages) =>
  fc.record({ messages: fc.constant(messages), bodies: deliveriesOf(messages) }),
);

describe("any delivery of the same messages (I3)", () => {
  const folded = (messages: readonly InboundMessage[]) => {
    const distinct = new Map(messages.map((message) => [message.wamid, message]));
    return shown([...distinct.values()].reduce(withInbound, EMPTY));
  };
  const SILENT = new Set(["reaction", "edit", "revoke", "system"]);
  const isWritten = ({ type }: InboundMessage) => !SILENT.has(type);

  test.prop([scenario])("leaves the customer waiting since the first one", ({ bodies }) => {
    const theirs = bodies.flat().filter(({ direction }) => direction === "inbound");
    const written = theirs.filter(isWritten);
    const first = written.length === 0 ? null : Math.min(...written.map(({ at }) => at));
    expect(folded(theirs)).toBe(first);
  });

  test.prop([scenario])(
    "leaves them waiting since the first that no echo answered",
    ({ bodies }) => {
      const taken = [...new Map(bodies.flat().map((each) => [each.wamid, each])).values()];
      const written = taken.filter(isWritten);
      const isAnswered = (message: InboundMessage) =>
        written.some(
          (answer) =>
            answer.direction === "outbound" &&
            (answer.at > message.at ||
              (answer.at === message.at && taken.indexOf(answer) > taken.indexOf(message))),
        );
      const open = written.filter((each) => each.direction === "inbound" && !isAnswered(each));
      const first = open.length === 0 ? null : Math.min(...open.map(({ at }) => at));
      expect(folded(bodies.flat())).toBe(first);
    },
  );
});
