import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  projectReceptions,
  receiveMessages,
  settleReceptions,
} from "../../src/conversation/receive.ts";
import { inboundMessage, newPhoneAddress } from "../support/conversation-messages.ts";
import { conversationAt, rowsIn, rowsInD1, stopTheClock } from "../support/conversation-object.ts";
import { OTHER_NUMBER } from "../support/paloma.ts";

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

const stored = (conversationId: string | undefined) =>
  rowsInD1<{ wamid: string }>(
    "SELECT wamid FROM messages WHERE conversation_id = ? ORDER BY id",
    conversationId ?? "",
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
    const receptions = await receiveMessages(env, messages);
    expect(receptions.map(({ messages: taken }) => taken.length)).toEqual([2, 1, 1]);
    expect(new Set(receptions.map(({ conversation }) => conversation.id)).size).toBe(3);
  });

  it("are one message where a wamid comes twice in a body (I3)", async () => {
    const message = inboundMessage({ address: newPhoneAddress() });
    const receptions = await receiveMessages(env, [message, message]);
    expect(receptions).toMatchObject([{ fresh: [message], messages: [message] }]);
    expect(receptions[0]?.fresh).toHaveLength(1);
  });

  it("are brought into D1 by the second delivery where the first could not, yet are not new (I2, I3)", async () => {
    const message = inboundMessage({ address: newPhoneAddress() });
    await receiveMessages(env, [message]);
    const again = await receiveMessages(env, [message]);
    expect(again).toMatchObject([{ fresh: [], messages: [message] }]);
    await projectReceptions(env, again);
    expect(await stored(again[0]?.conversation.id)).toEqual([{ wamid: message.wamid }]);
  });

  it("are forgotten by their object once they are in D1", async () => {
    const address = newPhoneAddress();
    const receptions = await receiveMessages(env, [inboundMessage({ address })]);
    await projectReceptions(env, receptions);
    await settleReceptions(env, receptions);
    const again = await receiveMessages(env, receptions[0]?.messages ?? []);
    expect(again).toMatchObject([{ fresh: [], messages: [] }]);
    expect(await rowsIn(conversationAt(address), "SELECT payload FROM inbox")).toEqual([
      { payload: null },
    ]);
  });
});
