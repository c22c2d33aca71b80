import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { ConversationStorage } from "../../src/conversation/conversation-storage.ts";
import type { Inbox } from "../../src/conversation/inbox.ts";
import { DAY_MS, takenMessage, newPhoneAddress } from "../support/conversation-messages.ts";
import { conversationAt } from "../support/conversation-object.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const LONG_AGO = NOW - 30 * DAY_MS;

const inInbox = (work: (inbox: Inbox) => void): Promise<void> =>
  runInDurableObject(conversationAt(newPhoneAddress()), (_object, state) => {
    work(new ConversationStorage(state.storage).inbox);
  });

describe("the inbox", () => {
  it("forgets old wamids, but none that is not in D1 yet (I2)", () =>
    inInbox((inbox) => {
      const [settled, unsettled] = [takenMessage({ at: LONG_AGO }), takenMessage({ at: LONG_AGO })];
      inbox.take(settled, false);
      inbox.take(unsettled, false);
      inbox.settle([settled.wamid]);
      inbox.prune(NOW);
      expect(inbox.unsettled()).toEqual([unsettled]);
      expect(inbox.take(settled, false)).toBe(true);
    }));

  it("forgets none that is unread, until it is read (I4)", () =>
    inInbox((inbox) => {
      const unread = takenMessage({ at: LONG_AGO });
      inbox.take(unread, true);
      inbox.settle([unread.wamid]);
      inbox.prune(NOW);
      expect(inbox.unread()).toEqual({ count: 1, first: unread.id });
      expect(inbox.pruneDueAt()).toBeNull();
      inbox.read(unread.id);
      expect(inbox.unread()).toEqual({ count: 0, first: null });
      inbox.prune(NOW);
      expect(inbox.seen()).toEqual([]);
    }));

  it("forgets what counts in another conversation like what is read (I4)", () =>
    inInbox((inbox) => {
      const message = takenMessage({ at: LONG_AGO });
      inbox.take(message, true);
      inbox.settle([message.wamid]);
      expect(inbox.leaveToOther([message.wamid])).toBe(true);
      expect(inbox.leaveToOther([message.wamid])).toBe(false);
      expect(inbox.unread()).toEqual({ count: 0, first: null });
      expect(inbox.pruneDueAt()).toBe(LONG_AGO + 8 * DAY_MS);
      inbox.prune(NOW);
      expect(inbox.seen()).toEqual([]);
    }));

  it("forgets a wamid at the very time that it says, so that no alarm fires in vain", () =>
    inInbox((inbox) => {
      const message = takenMessage({ at: NOW });
      inbox.take(message, false);
      inbox.settle([message.wamid]);
      const due = inbox.pruneDueAt();
      expect(due).toBe(NOW + 8 * DAY_MS);
      inbox.prune((due ?? 0) - 1);
      expect(inbox.pruneDueAt()).toBe(due);
      inbox.prune(due ?? 0);
      expect(inbox.pruneDueAt()).toBeNull();
    }));

  it("hands out the oldest first, a hundred at once", () =>
    inInbox((inbox) => {
      const messages = Array.from({ length: 101 }, (_, place) =>
        takenMessage({ received_at: NOW + 101 - place }),
      );
      for (const message of messages) inbox.take(message, true);
      expect(inbox.unsettled()).toEqual(messages.toReversed().slice(0, 100));
    }));
});
