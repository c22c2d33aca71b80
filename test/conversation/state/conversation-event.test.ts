import { test } from "@fast-check/vitest";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  withInbound,
  withPairRateSpent,
  withRead,
} from "../../../src/conversation/state/activity.ts";
import { withChangeEvent } from "../../../src/conversation/state/events.ts";
import { newConversation, withEvent } from "../../../src/conversation/state/state.ts";
import { countersOf } from "../../../src/conversation/storage/record.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import type { SubscriberEvent } from "../../../src/subscribers/event.ts";
import {
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
  newUserId,
  outgoingTemplate,
} from "../../support/conversation-messages.ts";
import { conversationAt, stopTheClock } from "../../support/conversation-object.ts";
import { deliveriesOf, fromCustomer, messagesTo } from "../../support/deliveries.ts";
import { NUMBER, startPaloma } from "../../support/paloma.ts";
import { withRecordedEvents } from "../../support/recorded-events.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const address = { kind: "phone", phone: "529982220001" } as const;

const sequencesIn = (events: readonly SubscriberEvent[]) =>
  events.flatMap((event) => ("sequence" in event ? [event.sequence] : []));

const inOrder = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other);

describe("a change of a conversation", () => {
  const state = newConversation(NUMBER, address, NOW);
  const text = inboundMessage({ address });

  it("begins with its creation, number 1", () => {
    expect(state).toMatchObject({
      sequence: 1,
      events: [{ type: "conversation.created", sequence: 1, at: NOW, merged_id: null }],
    });
  });

  it("goes on where it left off, if the conversation was here before", () => {
    expect(newConversation(NUMBER, address, NOW, 7)).toMatchObject({ sequence: 7, events: [] });
  });

  it.each([
    ["its status", { status: "closed" }],
    ["its read mark", { read_up_to: text.id }],
    ["its unread count", { unread_count: 3 }],
    ["its session window", { last_customer_message_at: NOW }],
    ["its last message", { last_message_at: NOW + 1 }],
    ["a name", { person: { ...state.person, name: { value: "Ana", by: text.id } } }],
  ] as const)("that the API shows has an event: %s", (_what, change) => {
    const changed = withChangeEvent(state, { ...state, ...change }, NOW + 1);
    expect(changed.events.slice(1)).toEqual([
      { type: "conversation.updated", sequence: 2, at: NOW + 1, merged_id: null },
    ]);
    expect(changed.sequence).toBe(2);
  });

  it.each([
    ["a pair rate that is spent", withPairRateSpent(state, NOW)],
    ["a version", { ...state, version: 9, updated_at: NOW + 1 }],
    ["a read mark that stands", withRead(state, "", 0)],
  ])("that it does not show is not: %s", (_what, changed) => {
    expect(withChangeEvent(state, changed, NOW)).toBe(changed);
  });

  it("by a message is covered by the message's event, but for a status or a name", () => {
    const numbered = { ...state, sequence: 2 };
    const known = withInbound(numbered, text);
    expect(withChangeEvent(state, known, NOW)).toBe(known);
    const named = withInbound(numbered, { ...text, person: { ...NAMELESS, name: "Ana" } });
    expect(withChangeEvent(state, named, NOW).sequence).toBe(3);
    const closed = { ...state, status: "closed" } as const;
    const reopened = withInbound({ ...closed, sequence: 2 }, text);
    expect(withChangeEvent(closed, reopened, NOW).sequence).toBe(3);
  });

  it("that has an event already gets no second one", () => {
    const changed = withEvent(
      { ...state, status: "closed" },
      "conversation.updated",
      NOW,
      "another",
    );
    expect(withChangeEvent(state, changed, NOW)).toBe(changed);
  });
});

describe("the numbers of a conversation's events", () => {
  beforeEach(stopTheClock);
  afterEach(() => {
    vi.useRealTimers();
  });

  const deliveries = messagesTo(newPhoneAddress()).chain((messages) => deliveriesOf(messages));

  test.prop([deliveries], { numRuns: 25 })(
    "have no gap and never change, however messages are delivered (I3)",
    (bodies) =>
      withRecordedEvents(async ({ events }) => {
        const at = newPhoneAddress();
        const own = bodies.map((body) => body.map(fromCustomer(at)));
        for (const body of own) await conversationAt(at).receive(body);
        const queued = new Map<number, string>();
        for (const event of events) {
          if (!("sequence" in event)) continue;
          const { sequence } = event;
          const text = JSON.stringify(event);
          expect(queued.get(sequence) ?? text).toBe(text);
          queued.set(sequence, text);
        }
        const sequences = inOrder([...queued.keys()]);
        expect(sequences).toEqual(sequences.map((_, place) => place + 1));
        const received = own.flat().filter(({ direction }) => direction === "inbound");
        const messageIds = [...queued.values()].flatMap((text) => {
          const event: SubscriberEvent = JSON.parse(text);
          return event.type === "message.received" ? [event.message_id] : [];
        });
        // Whatever places the object gave them.
        const tailOf = (id: string) => id.slice(-16);
        expect(new Set(messageIds.map(tailOf))).toEqual(
          new Set(received.map(({ id }) => tailOf(id))),
        );
        expect(messageIds).toHaveLength(new Set(messageIds).size);
      }),
  );

  it("are queued before the answer, once", () =>
    withRecordedEvents(async ({ events }) => {
      const at = newPhoneAddress();
      await conversationAt(at).receive([inboundMessage({ address: at })]);
      await conversationAt(at).setStatus("closed");
      expect(inOrder(sequencesIn(events))).toEqual([1, 2, 3]);
      await runDurableObjectAlarm(conversationAt(at));
      await conversationAt(at).setStatus("active");
      expect(sequencesIn(events).slice(3)).toEqual([4]);
    }));

  it("wait while the queue takes nothing, and with them all that they tell of (I10)", () =>
    withRecordedEvents(async ({ events, refuse }) => {
      vi.spyOn(console, "error").mockReturnValue();
      const at = newPhoneAddress();
      refuse(true);
      expect(await conversationAt(at).receive([inboundMessage({ address: at })])).toMatchObject([
        { in_d1: false },
      ]);
      await runDurableObjectAlarm(conversationAt(at));
      await runInDurableObject(conversationAt(at), (_object, { storage }) => {
        const kept = new ConversationStorage(storage);
        expect(kept.inbox.hasUnsettled()).toBe(true);
        expect(kept.state?.events).toHaveLength(1);
      });
      refuse(false);
      await runDurableObjectAlarm(conversationAt(at));
      expect(inOrder(sequencesIn(events))).toEqual([1, 2]);
    }));

  it("of a change that only D1 stores wait until D1 has it", () =>
    withRecordedEvents(async ({ events }) => {
      const at = newPhoneAddress();
      await conversationAt(at).receive([inboundMessage({ address: at })]);
      await conversationAt(at).announceChange();
      expect(inOrder(sequencesIn(events))).toEqual([1, 2]);
      await conversationAt(at).bring();
      expect(inOrder(sequencesIn(events))).toEqual([1, 2, 3]);
    }));

  it("follow a send, with its progress", () =>
    withRecordedEvents(async ({ events }) => {
      startPaloma();
      const at = newPhoneAddress();
      await conversationAt(at).receive([inboundMessage({ address: at, type: "reaction" })]);
      const message = outgoingTemplate();
      await conversationAt(at).send(message, null);
      expect(events).toContainEqual(
        expect.objectContaining({ type: "message.status", message_id: message.id, revision: 3 }),
      );
      expect(inOrder(sequencesIn(events))).toEqual([1, 2, 3]);
    }));

  it("go on in the surviving conversation, which names what became part of it (I8)", () =>
    withRecordedEvents(async ({ events }) => {
      const [phone, user] = [newPhoneAddress(), { kind: "user", user_id: newUserId() } as const];
      const person = { ...NAMELESS, user_id: user.user_id };
      const [source] = await conversationAt(user).receive([
        inboundMessage({ address: user, person }),
      ]);
      const [target] = await conversationAt(phone).receive([
        inboundMessage({ address: phone, person: { ...person, wa_id: phone.phone } }),
      ]);
      for (let round = 0; round < 3; round += 1) {
        for (const each of [phone, user]) await runDurableObjectAlarm(conversationAt(each));
      }
      const [later] = await conversationAt(user).receive([
        inboundMessage({ address: user, person }),
      ]);
      const [from, into] = [source?.conversation.id, target?.conversation.id];
      expect(later?.conversation.id).toBe(into);
      const ofInto = events.filter(
        (event) => "sequence" in event && event.conversation_id === into,
      );
      const distinct = new Map(
        sequencesIn(ofInto).map((sequence, place) => [sequence, ofInto[place]]),
      );
      const sequences = inOrder([...distinct.keys()]);
      expect(sequences).toEqual(sequences.map((_, place) => place + 1));
      expect(ofInto).toContainEqual(
        expect.objectContaining({ type: "conversation.updated", merged_id: from }),
      );
      expect(events).toContainEqual(
        expect.objectContaining({ type: "message.received", sequence: sequences.at(-1) }),
      );
      const ofFrom = events.filter(
        (event) => "sequence" in event && event.conversation_id === from,
      );
      expect(new Set(sequencesIn(ofFrom))).toEqual(new Set([1, 2]));
    }));

  it("are kept by an object that redirects, in case its conversation comes back", () =>
    runInDurableObject(conversationAt(newPhoneAddress()), (_object, { storage }) => {
      const kept = new ConversationStorage(storage);
      kept.save(newConversation(NUMBER, address, NOW, 5), NOW);
      kept.move("elsewhere", null);
      kept.forget();
      expect(countersOf(new ConversationStorage(storage).record).sequence).toBe(5);
    }));
});
