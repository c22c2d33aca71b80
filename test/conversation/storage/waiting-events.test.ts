import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { withAddress } from "../../../src/conversation/state/addresses.ts";
import { newConversation, withEvent } from "../../../src/conversation/state/state.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import { inboundMessage, newPhoneAddress } from "../../support/conversation-messages.ts";
import { alarmOf, conversationAt, rowsIn } from "../../support/conversation-object.ts";
import { NUMBER } from "../../support/paloma.ts";
import { withRecordedEvents } from "../../support/recorded-events.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const EVENTS = 5000;

/** A state is one row of 2 MB at most: a tenth of that is far below. */
const ROW_MAX_CHARACTERS = 200_000;

describe("events that are queued", () => {
  it("are forgotten without an alarm: an object that wakes queues none again", async () => {
    const address = newPhoneAddress();
    await withRecordedEvents(async ({ events }) => {
      await conversationAt(address).receive([inboundMessage({ address })]);
      expect(await alarmOf(conversationAt(address))).toBeNull();
      await evictDurableObject(conversationAt(address));
      await conversationAt(address).receive([inboundMessage({ address })]);
      expect(events.map(({ type }) => type)).toEqual([
        "conversation.created",
        "message.received",
        "message.received",
      ]);
    });
  });
});

describe("events under an alarm", () => {
  /** A conversation that was closed, which sets an alarm. */
  async function closed() {
    const address = newPhoneAddress();
    const stub = conversationAt(address);
    await stub.receive([inboundMessage({ address })]);
    await stub.setStatus("closed");
    return stub;
  }

  it("cost it no write, and an object that wakes later queues none again", async () => {
    await withRecordedEvents(async ({ events }) => {
      const stub = await closed();
      const row = await rowsIn(stub, "SELECT value FROM state");
      await runDurableObjectAlarm(stub);
      expect(await rowsIn(stub, "SELECT value FROM state")).toEqual(row);
      const queued = events.length;
      await evictDurableObject(stub);
      await stub.setStatus("active");
      expect(events.slice(queued).map(({ type }) => type)).toEqual(["conversation.updated"]);
    });
  });

  it("that the queue did not take are queued by the alarm, though it wakes the object (I10)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    await withRecordedEvents(async ({ events, refuse }) => {
      const stub = await closed();
      refuse(true);
      expect(await stub.setStatus("active")).toMatchObject({ in_d1: false });
      const queued = events.length;
      refuse(false);
      await evictDurableObject(stub);
      await runDurableObjectAlarm(stub);
      expect(events.slice(queued).map(({ type }) => type)).toContain("conversation.updated");
    });
  });
});

describe("events while the queue is down", () => {
  it("make no state grow, and each is queued once, none left out", async () => {
    const address = newPhoneAddress();
    const stub = conversationAt(address);
    const kept = await runInDurableObject(stub, (_object, { storage: sqlite }) => {
      const storage = new ConversationStorage(sqlite);
      storage.save(storage.begin(NUMBER, address, NOW), NOW);
      for (let count = 1; count < EVENTS; count += 1) {
        const { state } = storage;
        if (state === null) throw new Error("there is no conversation");
        storage.save(withEvent(state, "conversation.updated", NOW + count), NOW + count);
      }
      return storage.hasEventsToQueue();
    });
    expect(kept).toBe(true);
    const [row] = await rowsIn<{ length: number }>(
      stub,
      "SELECT length(value) AS length FROM state",
    );
    expect(row?.length).toBeLessThan(ROW_MAX_CHARACTERS);
    const sequences = await runInDurableObject(stub, (_object, { storage: sqlite }) => {
      // As after waking: only what was written is known.
      const storage = new ConversationStorage(sqlite);
      const all: number[] = [];
      while (storage.hasEventsToQueue()) {
        storage.recallEvents();
        const some = storage.state?.events.map(({ sequence }) => sequence) ?? [];
        expect(some.length).toBeLessThanOrEqual(101);
        all.push(...some);
        storage.settleEvents(some);
        storage.writeSettled();
      }
      return all;
    });
    expect(sequences.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: EVENTS }, (_, place) => place + 1),
    );
  });

  it("go with a person who is erased", async () => {
    const address = newPhoneAddress();
    await runInDurableObject(conversationAt(address), (_object, { storage: sqlite }) => {
      const storage = new ConversationStorage(sqlite);
      storage.save(storage.begin(NUMBER, address, NOW), NOW);
      for (let count = 0; count < 300 && storage.state !== null; count += 1) {
        storage.save(withEvent(storage.state, "conversation.updated", NOW), NOW);
      }
      storage.erase(NOW, []);
    });
    const left = "SELECT 1 AS n FROM untold_events";
    expect(await rowsIn(conversationAt(address), left)).toEqual([]);
  });
});

describe("a person of very many addresses", () => {
  it("has a state of bounded size", () => {
    let state = newConversation(NUMBER, newPhoneAddress(), NOW);
    for (let count = 0; count < 3000; count += 1) {
      state = withAddress(state, {
        kind: "user",
        user_id: `MX.${String(count).padStart(128, "1")}`,
      });
    }
    expect(JSON.stringify(state).length).toBeLessThan(ROW_MAX_CHARACTERS);
  });
});
