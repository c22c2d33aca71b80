import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { findTemplateRow } from "../../src/store/templates.ts";
import { seenIn } from "../support/conversation-object.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { allRows, unique } from "../support/store-rows.ts";
import { ACCOUNT, unixSeconds } from "../support/webhook-bodies.ts";

const HOUR_S = 3600;

let paloma: Paloma;

beforeEach(async () => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  // Another file may have listed the account's templates: what is older and not in that list is deleted.
  await allRows("DELETE FROM template_syncs");
  paloma = startPaloma();
});

/** A template webhook, so many seconds after the first. */
function update(name: string, field: string, seconds: number, members: JsonObject): JsonObject {
  const value = {
    message_template_name: name,
    message_template_language: "es_MX",
    message_template_id: 1234567890,
    ...members,
  };
  const time = Math.floor(Date.now() / 1000) - HOUR_S + seconds;
  return {
    object: "whatsapp_business_account",
    entry: [{ id: ACCOUNT, time, changes: [{ field, value }] }],
  };
}

function history(name: string): JsonObject[] {
  return [
    update(name, "message_template_status_update", 0, { event: "PENDING" }),
    update(name, "message_template_status_update", 10, {
      event: "REJECTED",
      reason: "INVALID_FORMAT",
    }),
    update(name, "message_template_quality_update", 20, {
      new_quality_score: "GREEN",
      reason: "none",
    }),
    update(name, "message_template_status_update", 30, { event: "APPROVED" }),
    update(name, "template_category_update", 40, {
      previous_category: "UTILITY",
      new_category: "MARKETING",
    }),
    update(name, "message_template_quality_update", 50, { new_quality_score: "RED" }),
  ];
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, place) =>
    permutations(items.toSpliced(place, 1)).map((rest) => [item, ...rest]),
  );
}

const rowOf = (name: string) => findTemplateRow(createDatabase(env.DB), name, "es_MX");

const NEWEST = {
  status: "APPROVED",
  reason: null,
  category: "MARKETING",
  quality: "RED",
  meta_id: "1234567890",
};

describe("webhooks of templates (I3)", () => {
  it("in any order end in what Meta reported last", async () => {
    const orders = permutations([0, 1, 2, 3, 4, 5]).filter((_, place) => place % 24 === 7);
    for (const order of orders) {
      const name = unique("template_");
      const bodies = history(name);
      for (const place of order) {
        expect((await paloma.webhook(bodies[place])).status).toBe(200);
      }
      expect(await rowOf(name)).toMatchObject(NEWEST);
    }
  });

  it("in any order within one body end in what Meta reported last", async () => {
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [3, 0, 5, 2, 4, 1],
    ]) {
      const name = unique("template_");
      const bodies = history(name);
      const entry = order.flatMap((place) => {
        const list = bodies[place]?.["entry"];
        return Array.isArray(list) ? list : [];
      });
      await paloma.webhook({ object: "whatsapp_business_account", entry });
      expect(await rowOf(name)).toMatchObject(NEWEST);
    }
  });

  it("that come again change nothing, and a reason is that of the status", async () => {
    const name = unique("template_");
    const [, rejected, quality] = history(name);
    await paloma.webhook(quality);
    expect(await rowOf(name)).toMatchObject({ status: null, reason: null, quality: "GREEN" });
    for (let time = 0; time < 2; time += 1) await paloma.webhook(rejected);
    expect(await rowOf(name)).toMatchObject({ status: "REJECTED", reason: "INVALID_FORMAT" });
    await paloma.webhook(quality);
    expect(await rowOf(name)).toMatchObject({ reason: "INVALID_FORMAT" });
  });

  it("keep values nobody knows (I9)", async () => {
    const name = unique("template_");
    await paloma.webhook(
      update(name, "message_template_status_update", 0, { event: "LOCKED_FOR_FUN" }),
    );
    expect(await rowOf(name)).toMatchObject({ status: "LOCKED_FOR_FUN" });
  });
});

describe("a customer who stops marketing messages", () => {
  const marketing = {
    name: "vaccination_reminder",
    language: { code: "es_MX" },
    params: { name: "Ana", pet: "Luna" },
  };
  const utility = {
    name: "appointment_reminder",
    language: { code: "es_MX" },
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  };

  const send = (recipient: JsonObject, template: JsonObject, members: JsonObject = {}) =>
    paloma.api("POST", "/v1/messages", { ...recipient, type: "template", template, ...members });

  /** Meta made a marketing template of it. */
  const recategorized = () =>
    paloma.webhook(
      update("vaccination_reminder", "template_category_update", 0, {
        previous_category: "UTILITY",
        new_category: "MARKETING",
      }),
    );

  function preferenceBody(preferences: readonly JsonObject[]): JsonObject {
    const value = { messaging_product: "whatsapp", user_preferences: preferences };
    return {
      object: "whatsapp_business_account",
      entry: [{ id: ACCOUNT, changes: [{ field: "user_preferences", value }] }],
    };
  }

  const preferenceAt = (value: string, at: number, members: JsonObject): JsonObject => ({
    category: "marketing_messages",
    value,
    timestamp: unixSeconds(at),
    ...members,
  });

  it("is sent no marketing template, unless it is forced, until they resume", async () => {
    await recategorized();
    const ana = newCustomer();
    const to = { to: `+${ana}` };
    paloma.simulator.customers.prefer({ from: ana, value: "stop" });
    await paloma.simulator.flush();
    const refused = await send(to, marketing);
    expect(refused).toMatchObject({ status: 422, body: { code: "recipient_opted_out" } });
    expect(paloma.simulator.sent).toEqual([]);
    // Nothing was claimed: the key is free.
    expect(refused.body.message_id).toBeUndefined();

    expect((await send(to, utility)).status).toBe(201);
    // Meta itself has the last word on a forced one.
    const before = paloma.simulator.calls.length;
    await send(to, marketing, { force: true });
    expect(paloma.simulator.calls.length).toBe(before + 1);

    await paloma.webhook(
      preferenceBody([preferenceAt("resume", Date.now() + 2000, { wa_id: ana })]),
    );
    expect((await send(to, marketing, { force: false })).body.code).not.toBe("recipient_opted_out");
  });

  it("is asked for by every spelling of the phone, by BSUID and by conversation (I8)", async () => {
    await recategorized();
    const ana = newCustomer();
    const userId = `MX.${unique("")}`;
    paloma.simulator.customers.put(ana, { userId });
    await paloma.simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
    paloma.simulator.customers.prefer({ from: ana, value: "stop" });
    await paloma.simulator.flush();
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
    const recipients = [
      { to: ana },
      { to: `52${ana.slice(3)}` },
      { recipient: userId },
      { conversation_id: body.data[0].id },
    ];
    for (const recipient of recipients) {
      const answer = await send(recipient, marketing);
      expect({ recipient, code: answer.body.code }).toEqual({
        recipient,
        code: "recipient_opted_out",
      });
    }
  });

  it("and resumes under the BSUID alone is sent them again (I8)", async () => {
    await recategorized();
    const ana = newCustomer();
    const userId = `MX.${unique("")}`;
    paloma.simulator.customers.put(ana, { userId });
    await paloma.simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
    await paloma.simulator.flush();
    const now = Date.now();
    const both = { wa_id: ana, user_id: userId };
    await paloma.webhook(preferenceBody([preferenceAt("stop", now - 10_000, both)]));
    expect((await send({ to: ana }, marketing)).status).toBe(422);
    await paloma.webhook(preferenceBody([preferenceAt("resume", now, { user_id: userId })]));
    expect((await send({ to: ana }, marketing)).status).toBe(201);
  });

  it("and resumes is what they chose last, whichever webhook comes first (I3)", async () => {
    await recategorized();
    const now = Date.now();
    for (const [latest, status] of [
      ["stop", 422],
      ["resume", 201],
    ] as const) {
      for (const reversed of [false, true]) {
        const ana = newCustomer();
        const earlier = latest === "stop" ? "resume" : "stop";
        const bodies = [
          preferenceBody([preferenceAt(earlier, now - 60_000, { wa_id: ana })]),
          preferenceBody([preferenceAt(latest, now, { wa_id: ana })]),
        ];
        for (const body of reversed ? bodies.toReversed() : bodies) await paloma.webhook(body);
        expect((await send({ to: ana }, marketing)).status).toBe(status);
      }
    }
  });

  it("and resumes in the same second is not sent any, whichever comes first (I3)", async () => {
    await recategorized();
    const now = Date.now();
    for (const values of [
      ["stop", "resume"],
      ["resume", "stop"],
    ]) {
      const ana = newCustomer();
      for (const value of values) {
        await paloma.webhook(preferenceBody([preferenceAt(value, now, { wa_id: ana })]));
      }
      expect((await send({ to: ana }, marketing)).status).toBe(422);
    }
  });

  it("keeps name and owner that the business gave", async () => {
    const ana = newCustomer();
    await paloma.api("PUT", `/v1/contacts/${ana}`, { name: "Ana", owner: "client-1" });
    await paloma.webhook(preferenceBody([preferenceAt("stop", Date.now(), { wa_id: ana })]));
    const { body } = await paloma.api("GET", `/v1/contacts/${ana}`);
    expect(body).toMatchObject({ name: "Ana", owner: "client-1" });
    await paloma.api("PUT", `/v1/contacts/${ana}`, { name: "Ana Ñ", owner: "client-1" });
    await recategorized();
    expect((await send({ to: ana }, marketing)).body.code).toBe("recipient_opted_out");
  });
});

describe("a call by a customer (I5)", () => {
  it("opens the window without a message or unread", async () => {
    const ana = newCustomer();
    paloma.simulator.customers.call({ from: ana });
    await paloma.simulator.flush();
    const { body } = await eventually(
      () => paloma.api("GET", `/v1/conversations?contact=${ana}`),
      ({ body: list }) => list.data.length === 1,
    );
    const [conversation] = body.data;
    expect(conversation).toMatchObject({ unread_count: 0, session_window: { open: true } });
    const messages = await paloma.api("GET", `/v1/conversations/${conversation.id}/messages`);
    expect(messages.body.data).toEqual([]);
    const sent = await paloma.api("POST", "/v1/messages", { to: ana, text: { body: "¿Llamó?" } });
    expect(sent.status).toBe(201);
    expect((await paloma.api("GET", "/v1/events?field=calls&limit=1")).body.data).toHaveLength(1);
  });

  it("leaves a closed conversation closed, and an old one moves the window nowhere", async () => {
    const ana = newCustomer();
    await paloma.simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
    await paloma.simulator.flush();
    const find = async () =>
      (await paloma.api("GET", `/v1/conversations?contact=${ana}`)).body.data[0];
    const { id, session_window } = await find();
    await paloma.api("PATCH", `/v1/conversations/${id}`, { status: "closed" });
    const call = {
      from: ana,
      timestamp: unixSeconds(Date.now() - 60 * 60 * 1000),
      event: "connect",
    };
    const value = { metadata: { phone_number_id: "106540352242922" }, calls: [call] };
    const response = await paloma.webhook({
      object: "whatsapp_business_account",
      entry: [{ id: ACCOUNT, changes: [{ field: "calls", value }] }],
    });
    expect(response.status).toBe(200);
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromString(id));
    expect(await seenIn(stub)).toHaveLength(1);
    expect(await find()).toMatchObject({ status: "closed", unread_count: 1, session_window });
  });
});
