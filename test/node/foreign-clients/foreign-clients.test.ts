import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  API_TOKEN,
  BUSINESS_ACCOUNT_ID,
  BUSINESS_NUMBERS,
  servePaloma,
  type ServedPaloma,
} from "../support/serve-paloma.ts";
import { MESSAGE_TYPES, type ForeignClient, type Place } from "./foreign-client.ts";
import { greatDetail } from "./great-detail.ts";
import { kapso } from "./kapso.ts";
import { whatsappApiJs } from "./whatsapp-api-js.ts";

const THAT_LIST_TEMPLATES = [
  { name: "@kapso/whatsapp-cloud-api", create: kapso },
  { name: "@great-detail/whatsapp", create: greatDetail },
];

const LIBRARIES: readonly { name: string; create: (place: Place) => ForeignClient }[] = [
  { name: "whatsapp-api-js", create: whatsappApiJs },
  ...THAT_LIST_TEMPLATES,
];

const NUMBER = BUSINESS_NUMBERS[0].id;

/** A PNG's first bytes are all that is looked at. */
const PICTURE = new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3)], "luna.png", {
  type: "image/png",
});

let paloma: ServedPaloma;
let customers = 0;

beforeAll(async () => {
  paloma = await servePaloma();
});

afterAll(() => paloma.stop());

describe.each(LIBRARIES)("$name, pointed at Paloma,", ({ create }) => {
  const client = (token = API_TOKEN) => create(place(token));

  it("sends every type of message", async () => {
    const { customer, wamid } = await customerWhoWrote();
    const mediaId = await client().upload(PICTURE);
    const ids: string[] = [];
    for (const type of MESSAGE_TYPES) {
      const { id, waId } = await client().send(type, `+${customer}`, { wamid, mediaId });
      expect({ type, waId }).toEqual({ type, waId: customer });
      ids.push(id);
    }
    const got = paloma.simulator.sent.filter(({ input }) => input.endsWith(customer.slice(3)));
    expect(got.map(({ wamid: sent }) => sent)).toEqual(ids);
    expect(got.map(({ type }) => type)).toEqual(
      MESSAGE_TYPES.map((type) => (type === "buttons" || type === "list" ? "interactive" : type)),
    );
  });

  it("replies to a message by our own id of it", async () => {
    const { customer } = await customerWhoWrote();
    const first = await client().text(`+${customer}`, "uno");
    const read = await fetch(`${paloma.url}/v1/messages/${encodeURIComponent(first.id)}`, {
      headers: { authorization: `Bearer ${API_TOKEN}` },
    });
    const message: { id: string } = await read.json();
    expect(message.id).toMatch(/^msg_/);
    const reply = await client().text(`+${customer}`, "dos", message.id);
    const sent = paloma.simulator.sent.find(({ wamid }) => wamid === reply.id);
    expect(sent?.body["context"]).toEqual({ message_id: first.id });
  });

  it("marks as read and shows that somebody types", async () => {
    const { wamid } = await customerWhoWrote();
    expect(await client().markAsRead(wamid)).toBe(true);
    expect(await client().showTyping(wamid)).toBe(true);
    const marks = paloma.simulator.reads.filter((mark) => mark.wamid === wamid);
    expect(marks.map(({ typing }) => typing).slice(-2)).toEqual([false, true]);
  });

  it("uploads a file, looks it up, downloads and deletes it", async () => {
    const id = await client().upload(PICTURE);
    const facts = await client().lookUp(id);
    expect(facts).toMatchObject({ mimeType: "image/png", fileSize: PICTURE.size });
    expect(facts.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(new URL(facts.url).origin).toBe(paloma.url);
    expect(await client().download(facts)).toEqual(await PICTURE.bytes());
    expect(await client().deleteMedia(id)).toBe(true);
    expect(await client().refusal(() => client().lookUp(id))).toMatchObject({ code: 100 });
  });

  it("is told in Graph's words what was wrong", async () => {
    const stranger = `+${newCustomer()}`;
    expect(await client().refusal(() => client().text(stranger, "hola"))).toMatchObject({
      code: 131047,
    });
    expect(await client().refusal(() => client().text("+12", "hola"))).toEqual({
      code: 100,
      details: expect.stringContaining("/to: "),
    });
    expect(
      await client().refusal(() => client("no-such-token").text(stranger, "hola")),
    ).toMatchObject({ code: 190 });
  });
});

describe.each(THAT_LIST_TEMPLATES)("$name, pointed at Paloma,", ({ create }) => {
  it("lists the templates of the account, page by page", async () => {
    expect(await create(place(API_TOKEN)).templateNames(BUSINESS_ACCOUNT_ID)).toEqual(
      paloma.simulator.templates.all().map(({ name }) => name),
    );
  });
});

function place(token: string): Place {
  return { url: paloma.url, token, version: "v25.0", phoneNumberId: NUMBER };
}

function newCustomer(): string {
  customers += 1;
  return `521998${String(customers).padStart(7, "0")}`;
}

async function customerWhoWrote(): Promise<{ customer: string; wamid: string }> {
  const customer = newCustomer();
  const wamid = await paloma.simulator.customers.write({
    from: customer,
    content: { type: "text", body: "hola" },
  });
  await paloma.simulator.flush();
  return { customer, wamid };
}
