import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { receiveMessages } from "../../../src/conversation/receive.ts";
import type { Address } from "../../../src/lib/address.ts";
import { inboundMessageId, outboundMessageId, tailOf } from "../../../src/lib/ids.ts";
import type { InboundMessage } from "../../../src/message/inbound-message.ts";
import {
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
  newUserId,
  outgoingMessage,
} from "../../support/conversation-messages.ts";
import {
  conversationAt,
  forgetSeen,
  rowsInD1,
  seenIn,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { NUMBER } from "../../support/paloma.ts";
import { withRecordedEvents } from "../../support/recorded-events.ts";
import { newWamid } from "../../support/webhook-bodies.ts";

const SECOND_MS = 1000;

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

/** As the Worker delivers it. */
async function text(address: Address, at: number, wamid = newWamid()): Promise<InboundMessage> {
  const id = await inboundMessageId(at, NUMBER, wamid);
  const user_id = address.kind === "user" ? address.user_id : null;
  return inboundMessage({ address, at, wamid, id, person: { ...NAMELESS, user_id } });
}

const secondOf = (at: number) => at - (at % SECOND_MS);

async function receiveAll(messages: readonly InboundMessage[]): Promise<void> {
  for (const message of messages) {
    await receiveMessages(env, [message]);
  }
}

/** Tails in the order of their ids. */
const inboxOf = async (address: Address) =>
  (await seenIn(conversationAt(address))).map(({ id }) => tailOf(id));

const unreadOf = async (address: Address) =>
  (await conversationAt(address).setStatus("pending"))?.conversation.unread_count;

describe("I3: a message stands behind what its object knows of its second", () => {
  it("after it slept as well, and where it comes late", async () => {
    const address = newPhoneAddress();
    const at = secondOf(Date.now());
    const texts = await Promise.all(
      [0, 0, 1, 0, 1, 0].map((s) => text(address, at + s * SECOND_MS)),
    );
    for (const message of texts) {
      await receiveAll([message]);
      await evictDurableObject(conversationAt(address));
    }
    const [a, b, c, d, e, f] = texts.map(({ id }) => tailOf(id));
    expect(await inboxOf(address)).toEqual([a, b, d, f, c, e]);
  });

  it("in an object of 0.1.0, which does not say what is its newest", async () => {
    const address = newPhoneAddress();
    const at = secondOf(Date.now());
    // Its ids have digits of a digest where places are counted now.
    const former = inboundMessage({
      address,
      at,
      id: outboundMessageId(at).replace(/^(.{16}).{4}/, "$1fff0"),
    });
    await receiveAll([former]);
    await runInDurableObject(conversationAt(address), (_object, state) => {
      state.storage.sql.exec("UPDATE state SET value = json_remove(value, '$.state.newest_id')");
    });
    await evictDurableObject(conversationAt(address));
    const texts = await Promise.all([1, 2, 3].map(() => text(address, at)));
    await receiveAll(texts);
    expect(await inboxOf(address)).toEqual([former, ...texts].map(({ id }) => tailOf(id)));
  });

  it("also behind messages of ours, however late it comes", async () => {
    const address = newPhoneAddress();
    const at = secondOf(Date.now());
    await receiveAll([await text(address, at + 5 * SECOND_MS)]);
    const ours = outgoingMessage({ id: outboundMessageId(at + 900) });
    await conversationAt(address).enqueue([ours], address);
    const late = await text(address, at);
    await receiveAll([late]);
    const [row] = await rowsInD1<{ id: string }>(
      "SELECT id FROM messages WHERE wamid = ?",
      late.wamid,
    );
    expect((row?.id ?? "") > ours.id).toBe(true);
    expect((row?.id ?? "") < outboundMessageId(at + SECOND_MS)).toBe(true);
  });
});

describe("I4: a message of the second of the read mark", () => {
  it("stands behind the mark, and is unread, though its object forgot what was read", async () => {
    const address = newPhoneAddress();
    const at = secondOf(Date.now());
    const [one, two, after, late] = await Promise.all(
      [0, 0, 5, 0].map((s) => text(address, at + s * SECOND_MS)),
    );
    if (!one || !two || !after || !late) throw new Error("four messages were made");
    await receiveAll([one, two]);
    const marked = await conversationAt(address).read(null);
    await receiveAll([after]);
    await forgetSeen(conversationAt(address));
    await receiveAll([late]);
    const [row] = await rowsInD1<{ id: string }>(
      "SELECT id FROM messages WHERE wamid = ?",
      late.wamid,
    );
    expect((row?.id ?? "") > (marked?.conversation.read_up_to ?? "")).toBe(true);
    expect(await inboxOf(address)).toEqual([tailOf(late.id)]);
    expect(await unreadOf(address)).toBe(2);
  });
});

describe("I3: what D1 has already is what counts", () => {
  it("for a message that its object forgot: it is neither new nor unread", async () => {
    for (const count of [1, 3]) {
      const address = newPhoneAddress();
      const at = secondOf(Date.now());
      const texts = await Promise.all(Array.from({ length: count }, () => text(address, at)));
      await receiveAll(texts);
      await conversationAt(address).read(null);
      await forgetSeen(conversationAt(address));
      expect(await inboxOf(address)).toEqual([]);
      const rows = () =>
        rowsInD1(
          "SELECT id FROM messages WHERE wamid IN (?, ?)",
          texts[0]?.wamid ?? "",
          texts.at(-1)?.wamid ?? "",
        );
      const before = await rows();
      const received_at = Date.now();
      await receiveAll(texts.toReversed().map((each) => ({ ...each, received_at })));
      await runDurableObjectAlarm(conversationAt(address));
      expect(await rows()).toEqual(before);
      expect(await unreadOf(address)).toBe(0);
      expect(await inboxOf(address)).toEqual(texts.map(({ id }) => tailOf(id)));
    }
  });

  it("for the events of a message that two conversations took", () =>
    withRecordedEvents(async ({ events }) => {
      const [phone, user]: Address[] = [newPhoneAddress(), { kind: "user", user_id: newUserId() }];
      if (!phone || !user) throw new Error("two addresses were made");
      const at = secondOf(Date.now());
      const wamid = newWamid();
      await receiveAll([await text(phone, at), await text(phone, at, wamid)]);
      await receiveAll([await text(user, at, wamid)]);
      await runDurableObjectAlarm(conversationAt(user));
      const ids = events.flatMap((event) =>
        event.type === "message.received" ? [event.message_id] : [],
      );
      expect(ids.length).toBeGreaterThanOrEqual(3);
      const stored = await rowsInD1<{ id: string }>(
        "SELECT id FROM messages WHERE id IN (SELECT value FROM json_each(?))",
        JSON.stringify(ids),
      );
      expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(ids));
      const [entry] = await seenIn(conversationAt(user));
      expect(ids).toContain(entry?.id);
    }));
});
