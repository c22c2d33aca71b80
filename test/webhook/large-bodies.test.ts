/** Bodies as large as are taken, with as much of one kind in them as fits. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { erasureId } from "../../src/lib/erasure-id.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { newPhoneAddress } from "../support/conversation-messages.ts";
import { rowsInD1 } from "../support/conversation-object.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import {
  messagesChange,
  newWamid,
  textMessage,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";

/** Hundreds of thousands of digests, on a machine that may be busy. */
const MINUTES_MS = 120_000;

const database = createDatabase(env.DB);

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  paloma = startPaloma();
});

/** Phones that nobody has, one after another. */
const phones = (count: number, first = 5_210_000_000_000) =>
  Array.from({ length: count }, (_, place) => first + place);

const post = (body: unknown) => paloma.webhook(body);

async function erase(phone: string): Promise<void> {
  const id = erasureId(env.CONVERSATION, { kind: "phone", phone });
  await rememberErased(database, [{ id, version: 0, erased_at: Date.now() + 60_000 }]);
}

/** How many values of fields that fit no column name it. */
const oversizedWith = async (marker: string) => {
  const rows = await rowsInD1<{ owner_id: string }>(
    "SELECT owner_id FROM oversized_values WHERE instr(text, ?1) > 0",
    marker,
  );
  return rows.length;
};

describe("I9: a body full of numbers is kept", () => {
  it(
    "130,000 in one field, of which one person's is left out who was erased",
    async () => {
      const { phone } = newPhoneAddress();
      const numbers = { numbers: phones(75_000), people: [{ wa_id: phone, marker: newWamid() }] };
      const body = () => webhookBody({ field: "a_field_of_2030", value: numbers });
      expect((await post(body())).status).toBe(200);
      expect(await oversizedWith(phone)).toBe(1);
      await erase(phone);
      const again = { ...numbers, people: [...numbers.people, { wa_id: newCustomer() }] };
      expect((await post(webhookBody({ field: "a_field_of_2031", value: again }))).status).toBe(
        200,
      );
      expect(await oversizedWith(phone)).toBe(1);
    },
    MINUTES_MS,
  );

  it(
    "380,000 in an unusable message",
    async () => {
      const { phone } = newPhoneAddress();
      await erase(phone);
      const members = { type: "text", numbers: phones(290_000), timestamp: unixSeconds() };
      const message = (extra: object) =>
        webhookBody(messagesChange({ messages: [{ ...members, ...extra }] }));
      const [before] = await rowsInD1<{ n: number }>("SELECT count(*) AS n FROM dead_letters");
      expect((await post(message({}))).status).toBe(200);
      expect((await post(message({ about: phone }))).status).toBe(200);
      const [after] = await rowsInD1<{ n: number }>("SELECT count(*) AS n FROM dead_letters");
      expect(after?.n).toBe((before?.n ?? 0) + 1);
    },
    MINUTES_MS,
  );
});

describe("I2: a body full of messages is taken", () => {
  it("1,000 of one customer, and the conversation counts them", async () => {
    const ana = newCustomer();
    const messages = Array.from({ length: 1000 }, (_, place) =>
      textMessage(ana, `Luna ${place} ${"ñ".repeat(1500)}`),
    );
    expect((await post(webhookBody(messagesChange({ messages })))).status).toBe(200);
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
    expect(body.data).toMatchObject([{ unread_count: 1000 }]);
    // And again, while nothing of it is settled yet or all of it is.
    expect((await post(webhookBody(messagesChange({ messages })))).status).toBe(200);
    const { body: again } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
    expect(again.data).toMatchObject([{ unread_count: 1000 }]);
  });

  it("whose every member is as long as it can be, and harms no other (I9)", async () => {
    const long = "字".repeat(300_000);
    const odd: Record<string, unknown>[] = [
      { field: long, value: {} },
      { field: "account_update", value: { text: `${long}${long}${long}` } },
      { field: "calls", value: { ...metadata(), calls: [{ from: long, timestamp: "1" }] } },
      {
        field: "user_preferences",
        value: { ...metadata(), user_preferences: [{ wa_id: long, value: long, timestamp: "1" }] },
      },
      {
        field: "user_id_update",
        value: {
          ...metadata(),
          user_id_update: [{ wa_id: "521", user_id: { previous: "a", current: long } }],
        },
      },
      {
        field: "message_template_status_update",
        value: { message_template_name: "n", message_template_language: "x", event: long },
      },
      { field: "messages", value: { ...metadata(long), messages: [textMessage("521", "a")] } },
      { field: "messages", value: { ...metadata(), messages: [textMessage(long, "a")] } },
      {
        field: "messages",
        value: {
          ...metadata(),
          contacts: [{ wa_id: "5219980000000", profile: { name: long } }],
          messages: [textMessage("5219980000000", "a")],
        },
      },
      { field: "messages", value: { ...metadata(), messages: [textMessage("521998", long)] } },
    ];
    for (const change of odd) {
      const ana = newCustomer();
      const good = messagesChange({ messages: [textMessage(ana, "Hola")] });
      const changes = [change, good];
      const body = { object: "whatsapp_business_account", entry: [{ id: "1", changes }] };
      expect((await post(body)).status).toBe(200);
      const { body: list } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
      expect(list.data).toHaveLength(1);
    }
  });
});

function metadata(phone_number_id = NUMBER) {
  return { metadata: { display_phone_number: "529983162438", phone_number_id } };
}
