import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Address } from "../../src/lib/address.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { newUserId } from "../support/conversation-messages.ts";
import { conversationAt, withoutD1 } from "../support/conversation-object.ts";
import { newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import {
  messagesChange,
  newWamid,
  textMessage,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

const LINES = ["1", "2", "3", "4", "5"];

/** Orders by chance are right now and then: not so often. */
const ROUNDS = 10;

const phone = (waId: string): Address => ({ kind: "phone", phone: waId.replace(/^521/, "52") });
const user = (user_id: string): Address => ({ kind: "user", user_id });

/** A minute ago, so that nothing of ours shares its second. */
const aMinuteAgo = () => unixSeconds(Date.now() - MINUTE_MS);

const bodyOf = (...messages: JsonObject[]) => webhookBody(messagesChange({ messages }));

async function deliver({ webhook }: Paloma, ...bodies: JsonObject[]): Promise<void> {
  for (const body of bodies) expect((await webhook(body)).status).toBe(200);
}

async function conversationOf({ api }: Paloma, contact: string) {
  const { body } = await api("GET", `/v1/conversations?contact=${contact}`);
  expect(body.data).toHaveLength(1);
  return body.data[0];
}

/** Oldest first. */
async function messagesOf(paloma: Paloma, contact: string) {
  const { id } = await conversationOf(paloma, contact);
  const { body } = await paloma.api("GET", `/v1/conversations/${id}/messages?limit=200`);
  return body.data.toReversed();
}

const textsOf = async (paloma: Paloma, contact: string): Promise<string[]> =>
  (await messagesOf(paloma, contact)).map(({ body }: { body: string }) => body);

async function runAlarms(...addresses: Address[]): Promise<void> {
  for (const _round of [1, 2, 3, 4]) {
    for (const address of addresses) await runDurableObjectAlarm(conversationAt(address));
  }
}

const reactionTo = (from: string, wamid: string, emoji: string, timestamp: string) => ({
  from,
  id: newWamid(),
  timestamp,
  type: "reaction",
  reaction: { message_id: wamid, emoji },
});

const editOf = (from: string, wamid: string, text: string, timestamp: string) => ({
  from,
  id: newWamid(),
  timestamp,
  type: "edit",
  edit: { original_message_id: wamid, message: { type: "text", text: { body: text } } },
});

describe("I3: five lines of one second", () => {
  const linesOf = (from: string, timestamp: string) =>
    LINES.map((line) => textMessage(from, line, { timestamp }));

  it.each(["in one body", "in five bodies"])(
    "read 1 2 3 4 5, and go on doing so whatever comes again: %s",
    async (way) => {
      const paloma = startPaloma();
      const ana = newCustomer();
      const lines = linesOf(ana, aMinuteAgo());
      const bodies = way === "in one body" ? [bodyOf(...lines)] : lines.map((line) => bodyOf(line));
      await deliver(paloma, ...bodies);
      const messages = await messagesOf(paloma, ana);
      expect(messages.map(({ body }: { body: string }) => body)).toEqual(LINES);
      await deliver(paloma, ...lines.toReversed().map((line) => bodyOf(line)));
      await deliver(paloma, bodyOf(...lines.toReversed()));
      await runAlarms(phone(ana));
      expect(await messagesOf(paloma, ana)).toEqual(messages);
    },
  );

  it("keep their own time, whatever their place", async () => {
    const paloma = startPaloma();
    const ana = newCustomer();
    const timestamp = aMinuteAgo();
    await deliver(paloma, bodyOf(...linesOf(ana, timestamp)));
    const at = new Date(Number(timestamp) * SECOND_MS).toISOString();
    for (const { created_at } of await messagesOf(paloma, ana)) expect(created_at).toBe(at);
  });

  it("that come late stand behind what was taken of their second", async () => {
    const paloma = startPaloma();
    const ana = newCustomer();
    const now = Date.now() - MINUTE_MS;
    const [first, second] = [unixSeconds(now), unixSeconds(now + SECOND_MS)];
    const text = (body: string, timestamp: string) => bodyOf(textMessage(ana, body, { timestamp }));
    const asTaken = "1 2 5 3 6 4 7".split(" ");
    const bodies = asTaken.map((line) => text(line, Number(line) < 5 ? first : second));
    await deliver(paloma, ...bodies);
    expect(await textsOf(paloma, ana)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  });

  it("read alike although D1 is down when they come (I2)", async () => {
    const paloma = startPaloma();
    const ana = newCustomer();
    const lines = linesOf(ana, aMinuteAgo());
    await withoutD1(() => deliver(paloma, ...lines.map((line) => bodyOf(line))));
    await deliver(paloma, ...lines.toReversed().map((line) => bodyOf(line)));
    await runAlarms(phone(ana));
    expect(await textsOf(paloma, ana)).toEqual(LINES);
  });

  it("of one person read alike where some have a phone and some have none (I8)", async () => {
    for (const isKnown of [true, false]) {
      const paloma = startPaloma();
      const [ana, userId] = [newCustomer(), newUserId()];
      const linking = textMessage(ana, "0", { from_user_id: userId, timestamp: aMinuteAgo() });
      if (isKnown) {
        await deliver(paloma, bodyOf(linking));
        await runAlarms(phone(ana), user(userId));
      }
      const lines = linesOf(ana, unixSeconds(Date.now() - SECOND_MS)).map((line, place) => {
        const { from, ...rest } = line;
        if (place % 2 === 1) return { ...rest, from_user_id: userId };
        return isKnown ? { ...rest, from } : { ...rest, from, from_user_id: userId };
      });
      await deliver(paloma, bodyOf(...lines));
      await runAlarms(phone(ana), user(userId));
      expect(await textsOf(paloma, ana)).toEqual(isKnown ? ["0", ...LINES] : LINES);
    }
  });

  it("read alike in a group of many", async () => {
    const paloma = startPaloma();
    const group_id = `g${crypto.randomUUID()}`;
    const timestamp = aMinuteAgo();
    const lines = Array.from({ length: 1200 }, (_unused, place) =>
      textMessage(newCustomer(), String(place), { timestamp, group_id }),
    );
    const next = textMessage(newCustomer(), "next", {
      timestamp: String(Number(timestamp) + 1),
      group_id,
    });
    await deliver(paloma, bodyOf(...lines.slice(0, 700), next), bodyOf(...lines.slice(700)));
    const { body } = await paloma.api("GET", `/v1/messages/${lines[0]?.id}`);
    const texts: string[] = [];
    let after = "";
    do {
      const path = `/v1/conversations/${body.conversation_id}/messages?limit=200${after}`;
      const { body: page } = await paloma.api("GET", path);
      texts.push(...page.data.map((message: { body: string }) => message.body));
      after = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
    } while (after !== "");
    expect(texts.toReversed()).toEqual([...lines.map(({ text }) => text.body), "next"]);
  });
});

describe("I3: what a customer changes within one second", () => {
  it("a reaction taken back is gone, and one set again is there", async () => {
    const paloma = startPaloma();
    for (let round = 0; round < ROUNDS; round += 1) {
      const ana = newCustomer();
      const timestamp = aMinuteAgo();
      const text = textMessage(ana, "Hola", { timestamp });
      const set = reactionTo(ana, text.id, "👍", timestamp);
      const taken = reactionTo(ana, text.id, "", timestamp);
      const bodies =
        round % 2 === 0 ? [bodyOf(text, set, taken)] : [text, set, taken].map((m) => bodyOf(m));
      await deliver(paloma, ...bodies, bodyOf(set));
      expect((await messagesOf(paloma, ana))[0].reactions).toEqual([]);
      await deliver(paloma, bodyOf(reactionTo(ana, text.id, "🐶", timestamp)), bodyOf(taken));
      expect((await messagesOf(paloma, ana))[0].reactions).toMatchObject([{ emoji: "🐶" }]);
    }
  });

  it("the later of two edits holds", async () => {
    const paloma = startPaloma();
    for (let round = 0; round < ROUNDS; round += 1) {
      const ana = newCustomer();
      const timestamp = aMinuteAgo();
      const text = textMessage(ana, "Hola", { timestamp });
      const edits = ["Hola 1", "Hola 2"].map((body) => editOf(ana, text.id, body, timestamp));
      const bodies =
        round % 2 === 0 ? [bodyOf(text, ...edits)] : [...edits, text].map((m) => bodyOf(m));
      await deliver(paloma, ...bodies, ...edits.toReversed().map((edit) => bodyOf(edit)));
      const message = (await messagesOf(paloma, ana)).find(
        ({ type }: { type: string }) => type === "text",
      );
      expect(message.body).toBe("Hola 2");
    }
  });
});

describe("I3: an answer", () => {
  const to = (waId: string) => `+52${waId.slice(3)}`;

  /** Whose session window is open at Meta as well. */
  async function newWriter({ simulator }: Paloma): Promise<string> {
    const from = newCustomer();
    const at = Date.now() - MINUTE_MS;
    await simulator.customers.write({ from, at, content: { type: "text", body: "0" } });
    await simulator.flush();
    return from;
  }

  it("stands behind the message that it answers, although Meta's clock is ahead", async () => {
    const paloma = startPaloma();
    const ana = await newWriter(paloma);
    const ahead = (body: string, aheadMs: number) =>
      bodyOf(textMessage(ana, body, { timestamp: unixSeconds(Date.now() + aheadMs) }));
    await deliver(paloma, ahead("1", 3 * SECOND_MS));
    const send = (recipient: JsonObject, body: string) =>
      paloma.api("POST", "/v1/messages", { ...recipient, text: { body } });
    const first = await send({ to: to(ana) }, "2");
    expect(first).toMatchObject({ status: 201, body: { status: "accepted" } });
    const found = await paloma.api("GET", `/v1/messages/${first.body.id}`);
    expect(found.body).toMatchObject({ id: first.body.id, body: "2", status: "accepted" });
    await deliver(paloma, ahead("3", 4 * MINUTE_MS), ahead("4", 4 * MINUTE_MS));
    const { id } = await conversationOf(paloma, ana);
    expect((await send({ conversation_id: id }, "5")).status).toBe(201);
    const batch = await paloma.api("POST", "/v1/messages/batch", {
      messages: ["6", "7", "8"].map((body) => ({ to: to(ana), text: { body } })),
    });
    expect(batch.status).toBe(202);
    expect(await textsOf(paloma, ana)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  });

  it("goes out once for its key, although it had to be moved behind", async () => {
    const paloma = startPaloma();
    const ana = await newWriter(paloma);
    const timestamp = unixSeconds(Date.now() + 3 * SECOND_MS);
    await deliver(paloma, bodyOf(textMessage(ana, "1", { timestamp })));
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = () =>
      paloma.api("POST", "/v1/messages", { to: to(ana), text: { body: "2" } }, { headers });
    const [first, again] = [await send(), await send()];
    expect(first.status).toBe(201);
    expect(again.body.id).toBe(first.body.id);
    expect(paloma.simulator.sent).toHaveLength(1);
    expect(await textsOf(paloma, ana)).toEqual(["0", "1", "2"]);
  });

  it("stands before what is taken after it in the same second", async () => {
    const paloma = startPaloma();
    const ana = await newWriter(paloma);
    // What is stamped like the answer, whenever that is.
    const wrote = (body: string, created: string) =>
      bodyOf(textMessage(ana, body, { timestamp: unixSeconds(Date.parse(created)) }));
    await deliver(paloma, wrote("1", new Date().toISOString()));
    const sent = await paloma.api("POST", "/v1/messages", { to: to(ana), text: { body: "2" } });
    const { created_at } = sent.body;
    await deliver(paloma, wrote("3", created_at), wrote("4", created_at));
    expect(await textsOf(paloma, ana)).toEqual(["0", "1", "2", "3", "4"]);
    const later = new Date(Date.parse(created_at) + 2 * SECOND_MS).toISOString();
    await deliver(paloma, wrote("6", later), wrote("5", created_at));
    expect(await textsOf(paloma, ana)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
  });
});

describe("I4: the read mark within a second", () => {
  it("leaves what comes after it unread, until it is read", async () => {
    const paloma = startPaloma();
    for (let round = 0; round < ROUNDS; round += 1) {
      const ana = newCustomer();
      const timestamp = aMinuteAgo();
      const bodies = LINES.map((line) => bodyOf(textMessage(ana, line, { timestamp })));
      const [first = {}, ...others] = bodies;
      await deliver(paloma, first);
      const { id } = await conversationOf(paloma, ana);
      await paloma.api("POST", `/v1/conversations/${id}/read`);
      await deliver(paloma, ...others, first);
      expect((await conversationOf(paloma, ana)).unread_count).toBe(4);
      const statuses = (await messagesOf(paloma, ana)).map(
        ({ status }: { status: string }) => status,
      );
      expect(statuses).toEqual(["read", ...others.map(() => "delivered")]);
      await paloma.api("POST", `/v1/conversations/${id}/read`);
      await deliver(paloma, ...bodies.toReversed());
      expect((await conversationOf(paloma, ana)).unread_count).toBe(0);
    }
  });
});

describe("I3, I8: two conversations that turn out to be one", () => {
  it.each(["as it should", "while D1 is down"])(
    "keep the order of each within a second: %s",
    async (way) => {
      const paloma = startPaloma();
      const [ana, userId] = [newCustomer(), newUserId()];
      const timestamp = aMinuteAgo();
      const byPhone = LINES.map((line) => textMessage(ana, `p${line}`, { timestamp }));
      const byUser = LINES.map((line) => {
        const { from: _hidden, ...text } = textMessage(ana, `u${line}`, { timestamp });
        return { ...text, from_user_id: userId };
      });
      const apart = () =>
        deliver(paloma, ...byPhone.map((m) => bodyOf(m)), ...byUser.map((m) => bodyOf(m)));
      await (way === "as it should" ? apart() : withoutD1(apart));
      const linking = textMessage(ana, "linking", { from_user_id: userId, timestamp });
      await deliver(paloma, bodyOf(linking));
      await runAlarms(phone(ana), user(userId));
      const after = textMessage(ana, "after", { timestamp });
      await deliver(paloma, bodyOf(after), ...byUser.toReversed().map((m) => bodyOf(m)));
      await deliver(paloma, ...byPhone.toReversed().map((m) => bodyOf(m)));
      await runAlarms(phone(ana), user(userId));
      const texts = await textsOf(paloma, ana);
      expect(texts.filter((text) => text.startsWith("p"))).toEqual(LINES.map((line) => `p${line}`));
      expect(texts.filter((text) => text.startsWith("u"))).toEqual(LINES.map((line) => `u${line}`));
      expect(texts.at(-1)).toBe("after");
      expect(texts).toHaveLength(2 * LINES.length + 2);
      expect((await conversationOf(paloma, ana)).unread_count).toBe(texts.length);
    },
  );

  it("show a wamid that both took once, and leave it neither unread for ever nor read unseen (I4)", async () => {
    for (const reader of ["phone", "user", "nobody"] as const) {
      const paloma = startPaloma();
      const [ana, userId] = [newCustomer(), newUserId()];
      const timestamp = aMinuteAgo();
      const [one, both] = ["one", "both"].map((text) => textMessage(ana, text, { timestamp }));
      if (one === undefined || both === undefined) throw new Error("nothing was written");
      const { from: _hidden, ...hidden } = both;
      // At the first place under the BSUID, at the second under the phone.
      await deliver(paloma, bodyOf(one), bodyOf({ ...hidden, from_user_id: userId }), bodyOf(both));
      await runAlarms(phone(ana), user(userId));
      if (reader !== "nobody") {
        const { id } = await conversationOf(paloma, reader === "phone" ? ana : userId);
        await paloma.api("POST", `/v1/conversations/${id}/read`);
      }
      const linking = textMessage(ana, "linking", { from_user_id: userId });
      await deliver(paloma, bodyOf(linking));
      await runAlarms(phone(ana), user(userId));
      const texts = await textsOf(paloma, ana);
      expect(texts.toSorted()).toEqual(["both", "linking", "one"]);
      const { id, unread_count } = await conversationOf(paloma, ana);
      expect(unread_count).toBe({ phone: 2, user: 2, nobody: 3 }[reader]);
      await paloma.api("POST", `/v1/conversations/${id}/read`);
      expect((await conversationOf(paloma, ana)).unread_count).toBe(0);
      for (const { status } of await messagesOf(paloma, ana)) expect(status).toBe("read");
    }
  });

  it("pass on what a phone's new owner wrote in its order", async () => {
    const paloma = startPaloma();
    const [waId, former, owner] = [newCustomer(), newUserId(), newUserId()];
    const timestamp = aMinuteAgo();
    const by = (userId: string) =>
      LINES.map((line) => bodyOf(textMessage(waId, line, { timestamp, from_user_id: userId })));
    await deliver(paloma, ...by(former), ...by(owner));
    await runAlarms(phone(waId), user(former), user(owner));
    for (const userId of [former, owner]) expect(await textsOf(paloma, userId)).toEqual(LINES);
  });
});
