import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Inbox } from "../../src/conversation/inbox.ts";
import { ConversationStorage } from "../../src/conversation/storage.ts";
import {
  DAY_MS,
  messageIdAt,
  newPhoneAddress,
  takenMessage,
} from "../support/conversation-messages.ts";
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
      expect(inbox.seenAfter("")).toEqual([]);
    }));

  it("forgets what counts in another conversation like what is read (I4)", () =>
    inInbox((inbox) => {
      const message = takenMessage({ at: LONG_AGO });
      inbox.take(message, true);
      inbox.settle([message.wamid]);
      inbox.leaveToOther([message.wamid]);
      expect(inbox.unread()).toEqual({ count: 0, first: null });
      expect(inbox.pruneDueAt()).toBe(LONG_AGO + 8 * DAY_MS);
      inbox.prune(NOW);
      expect(inbox.seenAfter("")).toEqual([]);
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

  it("gives a message the id that it has in D1, and that is read up to the mark (I4)", () =>
    inInbox((inbox) => {
      const [seen, unseen] = [takenMessage({ at: NOW }), takenMessage({ at: NOW })];
      for (const message of [seen, unseen]) inbox.take(message, true);
      const [before, mark, after] = ["1", "2", "3"].map((tail) => messageIdAt(NOW, tail));
      if (!before || !mark || !after) throw new Error("three ids were asked for");
      const held = [
        { wamid: seen.wamid, message_id: before },
        { wamid: unseen.wamid, message_id: after },
        { wamid: "wamid.unknown", message_id: before },
      ];
      inbox.rename(held, mark);
      expect(inbox.unread()).toEqual({ count: 1, first: after });
      expect(inbox.messageIdsFrom("").toSorted()).toEqual([before, after]);
    }));

  it("takes over the ids of another that has all in D1 (I8)", () =>
    inInbox((inbox) => {
      const [here, there] = [takenMessage({ at: NOW }), messageIdAt(NOW, "1")];
      inbox.take(here, true);
      inbox.takeSeen(
        JSON.stringify([{ wamid: here.wamid, message_id: there, unread: 1, received_at: NOW }]),
      );
      expect(inbox.unread()).toEqual({ count: 1, first: there });
    }));

  it("knows the greatest id of each second, also of what came since it was asked (I3)", () =>
    inInbox((inbox) => {
      const take = (at: number, tail: string) => {
        const message = takenMessage({ at, id: messageIdAt(at, tail) });
        inbox.take(message, false);
        return message;
      };
      const second = NOW + 3000;
      take(second, "1");
      const greater = take(second + 999, "2");
      take(second + 1000, "3");
      expect(inbox.newestOfSecond(second + 500)).toBe(greater.id);
      expect(inbox.newestOfSecond(second - 1)).toBeNull();
      const late = take(second - 1, "4");
      expect(inbox.newestOfSecond(second - 1000)).toBe(late.id);
      inbox.clear();
      expect(inbox.newestOfSecond(second)).toBeNull();
      expect([inbox.has(late.wamid), inbox.take(late, false), inbox.has(late.wamid)]).toEqual([
        false,
        true,
        true,
      ]);
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
