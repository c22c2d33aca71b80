import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ConversationSnapshot } from "../../../src/conversation/identity/handover.ts";
import { ConversationMerge } from "../../../src/conversation/identity/merge.ts";
import type { Conversation } from "../../../src/conversation/object.ts";
import type { SeenMessage } from "../../../src/conversation/state/seen.ts";
import { newConversation } from "../../../src/conversation/state/state.ts";
import { Projector } from "../../../src/conversation/sync/projector.ts";
import type { ArrivingPart } from "../../../src/conversation/tables/arrivals.ts";
import { outboundMessageId } from "../../../src/lib/ids.ts";
import { reportedBy } from "../../../src/message/reported-identity.ts";
import {
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
  newUserId,
} from "../../support/conversation-messages.ts";
import {
  conversationAt,
  letTimePass,
  rowsIn,
  rowsInD1,
  seenIn,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { NUMBER, startPaloma } from "../../support/paloma.ts";
import { withRecordedEvents } from "../../support/recorded-events.ts";
import { newWamid } from "../../support/webhook-bodies.ts";

const MINUTE_MS = 60_000;

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

/** A conversation on its way, with one unread message in each of two parts. */
function twoParts() {
  const now = Date.now();
  const address = { kind: "user" as const, user_id: newUserId() };
  const state = { ...newConversation(NUMBER, address, now), version: 7 };
  const seen = (): SeenMessage[] => [
    { wamid: newWamid(), message_id: outboundMessageId(now), unread: 1, received_at: now },
  ];
  const part = (number: number): ArrivingPart => ({
    table: "inbox",
    rows: JSON.stringify(seen()),
    version: state.version,
    number,
    updated_at: state.updated_at,
    comes_home: false,
  });
  const snapshot: ConversationSnapshot = { state, home: null, seen: [], outbox: [], parts: 2 };
  const from = env.CONVERSATION.newUniqueId().toString();
  return { from, parts: [part(0), part(1)] as const, snapshot };
}

const tablesOf = (stub: ReturnType<typeof conversationAt>) =>
  rowsIn(stub, "SELECT name FROM sqlite_master WHERE name = 'arrivals'");

describe("a conversation that moves in by parts (I4, I7)", () => {
  it("is taken in once all of them are here, and not before", async () => {
    const stub = conversationAt(newPhoneAddress());
    const { from, parts, snapshot } = twoParts();
    const [first, second] = parts;
    await stub.keepPart(from, second);
    // Caught inside, for an error that leaves the object counts as unhandled.
    const refused = await runInDurableObject(stub, (object: Conversation) =>
      object.absorb(from, snapshot).then(() => null, String),
    );
    expect(refused).toMatch("not all parts");
    expect(await stub.whereabouts()).toBeNull();
    expect(await seenIn(stub)).toEqual([]);
    await stub.keepPart(from, first);
    expect(await stub.absorb(from, snapshot)).toMatchObject({ unread_count: 2 });
  });

  it("counts once where nobody heard that it is here", async () => {
    const stub = conversationAt(newPhoneAddress());
    const { from, parts, snapshot } = twoParts();
    const moveIn = async () => {
      for (const part of parts) await stub.keepPart(from, part);
      return stub.absorb(from, snapshot);
    };
    const taken = await moveIn();
    expect(taken).toMatchObject({ unread_count: 2 });
    expect(await moveIn()).toEqual(taken);
    expect(await rowsIn(stub, "SELECT move FROM arrivals")).toEqual([]);
  });

  it("leaves no part where its person was erased since", async () => {
    const stub = conversationAt(newPhoneAddress());
    const { from, parts, snapshot } = twoParts();
    await stub.erase({ at: Date.now() });
    for (const part of parts) await stub.keepPart(from, part);
    expect(await tablesOf(stub)).toEqual([]);
    expect(await stub.absorb(from, snapshot)).toBeNull();
  });
});

describe("a message whose object stopped before D1 had it (I2)", () => {
  it("comes to D1 when Meta delivers it again, wherever its conversation is then", async () => {
    startPaloma();
    const phone = newPhoneAddress();
    const user = { kind: "user" as const, user_id: newUserId() };
    const person = { ...NAMELESS, user_id: user.user_id };
    await conversationAt(user).receive([inboundMessage({ address: user, person })]);
    await conversationAt(phone).receive([inboundMessage({ address: phone })]);
    const message = inboundMessage({ address: phone });
    const stopped = vi.spyOn(Projector.prototype, "bring").mockRejectedValue(new Error("stopped"));
    await runInDurableObject(conversationAt(phone), (object: Conversation) =>
      object.receive([message]).catch(() => null),
    );
    stopped.mockRestore();
    await evictDurableObject(conversationAt(phone));
    const addresses = [user, phone];
    await conversationAt(user).learn({
      ...reportedBy([user.user_id], Date.now(), true),
      addresses,
    });
    for (const address of [user, phone, user])
      await letTimePass(conversationAt(address), MINUTE_MS);
    expect(await conversationAt(phone).whereabouts()).toMatchObject({ moving: false });
    await withRecordedEvents(async ({ events }) => {
      for (let delivery = 0; delivery < 2; delivery += 1) {
        const [received] = await conversationAt(phone).receive([message]);
        expect(received).toMatchObject({ in_d1: true, conversation: { unread_count: 3 } });
      }
      const received = { type: "message.received", message_id: message.id };
      expect(events.filter(({ type }) => type === received.type)).toMatchObject([received]);
    });
    const rows = await rowsInD1("SELECT id FROM messages WHERE wamid = ?", message.wamid);
    expect(rows).toEqual([{ id: message.id }]);
  });
});

describe("a message that comes just before its conversation moves (I2)", () => {
  it("keeps it from moving until D1 has the message", async () => {
    startPaloma();
    vi.spyOn(console, "error").mockReturnValue();
    const phone = newPhoneAddress();
    const user = { kind: "user" as const, user_id: newUserId() };
    const person = { ...NAMELESS, user_id: user.user_id };
    await conversationAt(user).receive([inboundMessage({ address: user, person })]);
    await conversationAt(phone).receive([inboundMessage({ address: phone })]);
    const message = inboundMessage({ address: phone });
    const d1 = faultyD1();
    // oxlint-disable-next-line typescript/unbound-method -- called on the projector below
    const original = Projector.prototype.sync;
    await runInDurableObject(conversationAt(phone), (object: Conversation) => {
      let isMoving = false;
      let received: Promise<unknown> | null = null;
      // oxlint-disable-next-line typescript/unbound-method -- called on the merge below
      const moveOut = ConversationMerge.prototype.moveOut;
      vi.spyOn(ConversationMerge.prototype, "moveOut").mockImplementation(function (
        this: ConversationMerge,
        ...given
      ) {
        isMoving = true;
        return moveOut.apply(this, given);
      });
      vi.spyOn(Projector.prototype, "sync").mockImplementation(async function (this: Projector) {
        if (received !== null) d1.set("none");
        await original.apply(this);
        if (!isMoving || received !== null) return;
        d1.set("refused");
        received = object.receive([message]);
      });
    });
    const addresses = [user, phone];
    await conversationAt(user).learn({
      ...reportedBy([user.user_id], Date.now(), true),
      addresses,
    });
    await letTimePass(conversationAt(phone), MINUTE_MS);
    d1.set("none");
    await letTimePass(conversationAt(user), MINUTE_MS);
    expect(await conversationAt(phone).whereabouts()).toMatchObject({
      leads_to: [conversationAt(user).id.toString()],
      moving: false,
    });
    expect(await rowsInD1("SELECT id FROM messages WHERE wamid = ?", message.wamid)).toEqual([
      { id: message.id },
    ]);
  });
});
