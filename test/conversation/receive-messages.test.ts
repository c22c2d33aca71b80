import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Conversation } from "../../src/conversation/object.ts";
import { receiveMessages } from "../../src/conversation/receive.ts";
import type { Address } from "../../src/lib/address.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import {
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
  newUserId,
} from "../support/conversation-messages.ts";
import {
  alarmOf,
  conversationAt,
  letTimePass,
  rowsInD1,
  stopTheClock,
  withoutD1,
} from "../support/conversation-object.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { conversationRow } from "../support/store-rows.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";

const MINUTE_MS = 60_000;

/** Meta's patience is longer, and D1 gets 1.5 s of it. */
const LATE_MS = 8000;

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

const stored = (address: Address) =>
  rowsInD1<{ wamid: string }>(
    "SELECT wamid FROM messages WHERE conversation_id = ? ORDER BY id",
    conversationAt(address).id.toString(),
  );

describe("messages on their way in", () => {
  it("go to one conversation for each customer and each business number (I8)", async () => {
    const [ana, eva] = [newPhoneAddress(), newPhoneAddress()];
    const messages = [
      inboundMessage({ address: ana }),
      inboundMessage({ address: eva }),
      inboundMessage({ address: ana }),
      inboundMessage({ address: ana, phone_number_id: OTHER_NUMBER }),
    ];
    const fresh = await receiveMessages(env, messages);
    expect(fresh.map(({ length }) => length)).toEqual([2, 1, 1]);
    expect(await stored(ana)).toHaveLength(2);
    expect(await stored(eva)).toHaveLength(1);
  });

  it("of a person whose other object does not redirect yet have an alarm that asks again (I8)", async () => {
    const address = newPhoneAddress();
    const person = { ...NAMELESS, user_id: newUserId() };
    const pointTo = vi
      .spyOn(Conversation.prototype, "pointTo")
      .mockReturnValue({ kind: "yielded" });
    await receiveMessages(env, [inboundMessage({ address, person })]);
    pointTo.mockRestore();
    await letTimePass(conversationAt(address), MINUTE_MS);
    const other = conversationAt({ kind: "user", user_id: person.user_id });
    expect(await other.whereabouts()).toMatchObject({
      leads_to: [conversationAt(address).id.toString()],
    });
  });

  it("are one message where a wamid comes twice in a body (I3)", async () => {
    const address = newPhoneAddress();
    const message = inboundMessage({ address });
    expect(await receiveMessages(env, [message, message])).toEqual([[message]]);
    expect(await stored(address)).toEqual([{ wamid: message.wamid }]);
  });

  it("are in D1 before the answer, in one round trip for all customers, and no alarm is set", async () => {
    const addresses = Array.from({ length: 20 }, newPhoneAddress);
    const batch = vi.spyOn(Object.getPrototypeOf(env.DB), "batch");
    const messages = addresses.map((address) => inboundMessage({ address }));
    expect(await receiveMessages(env, messages)).toHaveLength(20);
    expect(batch).toHaveBeenCalledTimes(1);
    for (const address of addresses) {
      expect(await stored(address)).toHaveLength(1);
      expect(await alarmOf(conversationAt(address))).toBeNull();
    }
  });

  it("are one round trip more where they come while the object brings others", async () => {
    const address = newPhoneAddress();
    await receiveMessages(env, [inboundMessage({ address })]);
    const batch = vi.spyOn(Object.getPrototypeOf(env.DB), "batch");
    const calls = Array.from({ length: 10 }, () =>
      receiveMessages(env, [inboundMessage({ address })]),
    );
    expect((await Promise.all(calls)).flat()).toHaveLength(10);
    expect(batch.mock.calls.length).toBeLessThanOrEqual(2);
    expect(await stored(address)).toHaveLength(11);
  });

  it("are left to the alarm where D1 fails, and are not new when they come again (I2, I3)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const address = newPhoneAddress();
    const message = inboundMessage({ address });
    await withoutD1(() => receiveMessages(env, [message]));
    expect(await alarmOf(conversationAt(address))).not.toBeNull();
    expect(await stored(address)).toEqual([]);
    expect(await receiveMessages(env, [message])).toEqual([]);
    expect(await stored(address)).toEqual([{ wamid: message.wamid }]);
    await letTimePass(conversationAt(address), 10_000);
    expect(await alarmOf(conversationAt(address))).toBeNull();
  });

  it("of many customers are left to the alarm where D1 hangs (I2)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const addresses = [newPhoneAddress(), newPhoneAddress()];
    const d1 = faultyD1();
    d1.set("hangs");
    const receiving = receiveMessages(
      env,
      addresses.map((address) => inboundMessage({ address })),
    );
    const { promise: isLate, resolve: beLate } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => beLate("late"), LATE_MS);
    expect(await Promise.race([receiving, isLate])).toHaveLength(2);
    clearTimeout(timer);
    d1.set("none");
    for (const address of addresses) {
      await letTimePass(conversationAt(address), 10_000);
      expect(await stored(address)).toHaveLength(1);
    }
  });

  it("are brought by the alarm where nobody delivers them again (I2)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const [ana, eva] = [newPhoneAddress(), newPhoneAddress()];
    const messages = [ana, eva].map((address) => inboundMessage({ address }));
    await withoutD1(() => receiveMessages(env, messages));
    for (const address of [ana, eva]) {
      await letTimePass(conversationAt(address), 10_000);
      expect(await stored(address)).toHaveLength(1);
    }
  });

  it("cost D1 nothing when they come again", async () => {
    const message = inboundMessage({ address: newPhoneAddress() });
    await receiveMessages(env, [message]);
    const batch = vi.spyOn(Object.getPrototypeOf(env.DB), "batch");
    expect(await receiveMessages(env, [message])).toEqual([]);
    expect(batch).not.toHaveBeenCalled();
  });

  it("hold up no other where one is refused for its content (I10)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const [ana, eva] = [newPhoneAddress(), newPhoneAddress()];
    const typeless = { ...inboundMessage({ address: ana }), type: null };
    const bad: InboundMessage = JSON.parse(JSON.stringify(typeless));
    await receiveMessages(env, [
      bad,
      inboundMessage({ address: ana }),
      inboundMessage({ address: eva }),
    ]);
    expect(await stored(ana)).toHaveLength(1);
    expect(await stored(eva)).toHaveLength(1);
    const letters = await rowsInD1<{ id: string }>(
      "SELECT id FROM dead_letters WHERE payload LIKE ?",
      `%${bad.wamid}%`,
    );
    expect(letters).toHaveLength(1);
    await env.DB.prepare("DELETE FROM dead_letters WHERE id = ?").bind(letters[0]?.id).run();
  });

  it("are refused where an object of 0.1.0 leaves the rows to the Worker (I2)", async () => {
    const answer = {
      conversation: conversationRow(),
      events: [],
      fresh: [],
      placed: [],
      unsettled: [],
    };
    vi.spyOn(Conversation.prototype, "receive").mockResolvedValue([answer]);
    const message = inboundMessage({ address: newPhoneAddress() });
    await expect(receiveMessages(env, [message])).rejects.toThrow("another version");
  });
});
