import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/lib/address.ts";
import { newUserId } from "../support/conversation-messages.ts";
import { conversationAt } from "../support/conversation-object.ts";
import { newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import {
  messagesChange,
  textMessage,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";

const MINUTE_MS = 60_000;

const phone = (waId: string): Address => ({ kind: "phone", phone: waId.replace(/^521/, "52") });
const user = (user_id: string): Address => ({ kind: "user", user_id });

async function runAlarms(...addresses: Address[]): Promise<void> {
  for (const _round of [1, 2, 3, 4]) {
    for (const address of addresses) await runDurableObjectAlarm(conversationAt(address));
  }
}

/** Unread and texts of every conversation of these contacts. */
async function seen({ api }: Paloma, ...contacts: string[]) {
  const lists = await Promise.all(
    contacts.map((contact) => api("GET", `/v1/conversations?contact=${contact}`)),
  );
  return Promise.all(
    lists
      .flatMap(({ body }) => body.data)
      .map(async ({ id, unread_count }) => {
        const { body: page } = await api("GET", `/v1/conversations/${id}/messages`);
        const texts = page.data.map(({ body }: { body: string }) => body).toReversed();
        return { unread: unread_count, texts };
      }),
  );
}

describe("one wamid that two conversations took", () => {
  it.each(["in one body", "in two bodies"])(
    "counts where its message is shown, and nowhere else: %s (I4)",
    async (way) => {
      const paloma = startPaloma();
      const [ana, bruno] = [newCustomer(), newCustomer()];
      const message = textMessage(ana, "Hola");
      const messages = [message, { ...message, from: bruno }];
      const bodies = way === "in one body" ? [messages] : messages.map((each) => [each]);
      for (const each of bodies) {
        await paloma.webhook(webhookBody(messagesChange({ messages: each })));
      }
      await runAlarms(phone(ana), phone(bruno));
      const both = await seen(paloma, ana, bruno);
      expect(both.toSorted((one, other) => one.unread - other.unread)).toEqual([
        { unread: 0, texts: [] },
        { unread: 1, texts: ["Hola"] },
      ]);
      // However often Meta repeats either.
      for (const each of [...bodies, ...bodies.toReversed()]) {
        await paloma.webhook(webhookBody(messagesChange({ messages: each })));
      }
      await runAlarms(phone(ana), phone(bruno));
      expect(await seen(paloma, ana, bruno)).toEqual(both);
    },
  );

  /** A message told under a phone, then under a BSUID that nothing links to it yet. */
  async function toldUnderBoth(paloma: Paloma) {
    const [ana, userId] = [newCustomer(), newUserId()];
    const at = Date.now() - MINUTE_MS;
    const { from, ...message } = textMessage(ana, "Hola", { timestamp: unixSeconds(at) });
    await paloma.webhook(webhookBody(messagesChange({ messages: [{ ...message, from }] })));
    const withoutPhone = { ...message, from_user_id: userId };
    await paloma.webhook(webhookBody(messagesChange({ messages: [withoutPhone] })));
    const becomeOne = async () => {
      const linking = textMessage(ana, "Soy yo", { from_user_id: userId });
      await paloma.webhook(webhookBody(messagesChange({ messages: [linking] })));
      await runAlarms(phone(ana), user(userId));
    };
    return { ana, userId, becomeOne };
  }

  const WHOLE = [{ unread: 2, texts: ["Hola", "Soy yo"] }];

  it("counts once when both become one at once (I4, I8)", async () => {
    const paloma = startPaloma();
    const { ana, userId, becomeOne } = await toldUnderBoth(paloma);
    await becomeOne();
    expect(await seen(paloma, ana)).toEqual(WHOLE);
    expect(await seen(paloma, userId)).toEqual(WHOLE);
  });

  it("counts in one until both become one, and once from then on (I4, I8)", async () => {
    const paloma = startPaloma();
    const { ana, userId, becomeOne } = await toldUnderBoth(paloma);
    await runAlarms(user(userId), phone(ana));
    expect(await seen(paloma, ana)).toEqual([{ unread: 1, texts: ["Hola"] }]);
    expect(await seen(paloma, userId)).toEqual([{ unread: 0, texts: [] }]);
    await becomeOne();
    expect(await seen(paloma, ana)).toEqual(WHOLE);
    expect(await seen(paloma, userId)).toEqual(WHOLE);
  });

  it("stays read where it was read, and unread where nobody could see it (I4)", async () => {
    for (const [reader, unread] of [
      ["holder", 1],
      ["other", 2],
    ] as const) {
      const paloma = startPaloma();
      const { ana, userId, becomeOne } = await toldUnderBoth(paloma);
      await runAlarms(user(userId), phone(ana));
      const contact = reader === "holder" ? ana : userId;
      const { body: list } = await paloma.api("GET", `/v1/conversations?contact=${contact}`);
      await paloma.api("POST", `/v1/conversations/${list.data[0].id}/read`);
      await becomeOne();
      expect(await seen(paloma, ana)).toEqual([{ unread, texts: ["Hola", "Soy yo"] }]);
    }
  });
});
