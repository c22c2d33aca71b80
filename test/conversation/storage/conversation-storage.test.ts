import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newConversation } from "../../../src/conversation/state/state.ts";
import { ConversationStorage } from "../../../src/conversation/storage/storage.ts";
import {
  DAY_MS,
  newPhoneAddress,
  outgoingMessage,
  takenMessage,
} from "../../support/conversation-messages.ts";
import { conversationAt } from "../../support/conversation-object.ts";
import { NUMBER } from "../../support/paloma.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const address = newPhoneAddress();
const fresh = newConversation(NUMBER, address, NOW);

/** Works with a new object's storage, as the object itself does. */
function inStorage(
  work: (storage: ConversationStorage, reopened: () => ConversationStorage) => void,
): Promise<void> {
  return runInDurableObject(conversationAt(newPhoneAddress()), (_object, state) => {
    const open = () => new ConversationStorage(state.storage);
    work(open(), open);
  });
}

describe("what a conversation object keeps", () => {
  it("is nothing at first", () =>
    inStorage((storage) => {
      expect(storage.record).toEqual({ kind: "empty" });
      expect(storage.state).toBeNull();
    }));

  it("is the state under its next version, also after waking", () =>
    inStorage((storage, reopened) => {
      const saved = storage.save(storage.save(fresh, NOW + 1), NOW + 2);
      expect(saved).toEqual({ ...fresh, version: 2, updated_at: NOW + 2 });
      expect(storage.state).toEqual(saved);
      expect(reopened().state).toEqual(saved);
    }));

  it("is no state but a pointer where the conversation moved", () =>
    inStorage((storage, reopened) => {
      storage.save(fresh, NOW);
      storage.move("elsewhere", null);
      expect(reopened().record).toEqual({
        kind: "moved",
        to: "elsewhere",
        departing: null,
        sequence: 1,
        version: 1,
      });
      expect(reopened().state).toBeNull();
    }));

  it("writes down what was settled, though something failed in between", () =>
    inStorage((storage, reopened) => {
      const { events } = storage.save(storage.begin(NUMBER, address, NOW), NOW);
      storage.settleEvents(events.map(({ sequence }) => sequence));
      expect(reopened().state?.events).toEqual(events);
      const halfway = () =>
        storage.transaction(() => {
          storage.leave({ into: "elsewhere", heir: "elsewhere", home: null });
          throw new Error("stopped halfway");
        });
      expect(halfway).toThrow("stopped halfway");
      storage.writeSettled();
      expect(events).not.toEqual([]);
      expect(reopened().state?.events).toEqual([]);
    }));

  it("changes in the row alone all or not at all", () =>
    inStorage((storage, reopened) => {
      const before = storage.save(fresh, NOW);
      const halfway = () =>
        storage.inRow(() => {
          storage.save({ ...before, status: "closed" }, NOW + 1);
          throw new Error("stopped halfway");
        });
      expect(halfway).toThrow("stopped halfway");
      expect(storage.state).toEqual(before);
      storage.inRow(() => {
        storage.save({ ...before, unread_count: 1 }, NOW + 2);
      });
      expect(storage.state).toMatchObject({ unread_count: 1, version: before.version + 1 });
      expect(reopened().state).toEqual(storage.state);
    }));

  it("writes into no table where only the row may change", () =>
    inStorage((storage) => {
      const before = storage.save(fresh, NOW);
      const intoTable = () =>
        storage.inRow(() => {
          storage.save({ ...before, unread_count: 1 }, NOW + 1);
          storage.inbox.settle([takenMessage()]);
          storage.outbox.take(outgoingMessage(), NOW);
        });
      expect(intoTable).toThrow("may not write");
      expect(storage.state).toEqual(before);
    }));

  it("goes on counting, whatever the object was in between (I2)", () =>
    inStorage((storage, reopened) => {
      storage.save(storage.save(fresh, NOW), NOW);
      storage.move("elsewhere", null);
      expect(reopened().begin(NUMBER, address, NOW).version).toBe(2);
      storage.erase(NOW, []);
      storage.move("elsewhere", null);
      expect(reopened().begin(NUMBER, address, NOW).version).toBe(2);
    }));

  it("changes as a whole or not at all, in storage and in memory", () =>
    inStorage((storage, reopened) => {
      const before = storage.save(fresh, NOW);
      const halfway = () =>
        storage.transaction(() => {
          storage.save({ ...before, status: "closed" }, NOW);
          storage.inbox.take(takenMessage({ address }), true, { mark: "", now: NOW });
          throw new Error("stopped halfway");
        });
      expect(halfway).toThrow("stopped halfway");
      expect(storage.state).toEqual(before);
      expect(reopened().state).toEqual(before);
      expect(storage.inbox.newestMessageId()).toBeNull();
    }));
});

it("the alarm of a transaction that fails is not believed to be set (I7)", () =>
  runInDurableObject(conversationAt(newPhoneAddress()), async (_object, { storage: platform }) => {
    const storage = new ConversationStorage(platform);
    const due = Date.now() + DAY_MS;
    const fail = () =>
      storage.transaction(() => {
        storage.clock.atLatest(due);
        throw new Error("a fault of ours");
      });
    expect(fail).toThrow("a fault of ours");
    storage.transaction(() => storage.clock.atLatest(due));
    expect(await platform.getAlarm()).toBe(due);
    await platform.deleteAlarm();
  }));
