/** By what name a file goes up to Meta and out to the customer. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isJsonObject, type JsonObject, textMember } from "../../../src/lib/json.ts";
import { stopTheClock } from "../../support/conversation-object.ts";
import { fileAtMeta } from "../../support/media-files.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let paloma: Paloma;

beforeEach(() => {
  stopTheClock();
  paloma = startPaloma();
});

afterEach(() => {
  vi.useRealTimers();
});

async function upload(filename: string, type: string, bytes = unique("%PDF ")) {
  const path = `/v1/media?filename=${encodeURIComponent(filename)}`;
  const answer = await paloma.api("POST", path, bytes, { headers: { "content-type": type } });
  expect(answer).toMatchObject({ status: 201, body: { filename } });
  const file: { id: string; meta_id: string } = answer.body;
  return file;
}

async function customerWhoWrites(): Promise<string> {
  const from = newCustomer();
  await paloma.simulator.customers.write({
    from,
    content: { type: "text", body: "¿Y la receta?" },
  });
  await paloma.simulator.flush();
  return `+${from}`;
}

async function sendDocument(document: object) {
  const to = await customerWhoWrites();
  const answer = await paloma.api("POST", "/v1/messages", { to, type: "document", document });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** The files that were sent as documents, images or whatever. */
function sentFiles(kind: string): JsonObject[] {
  return paloma.simulator.sent.map(({ body }) => {
    const file = body[kind];
    return isJsonObject(file) ? file : {};
  });
}

const sentNames = () => sentFiles("document").map(({ filename }) => filename);

describe("a document of ours", () => {
  it("goes out by the name of its upload, and is shown by it", async () => {
    const { id } = await upload("Receta de Luna.pdf", "application/pdf");
    const message = await sendDocument({ media_id: id });
    expect(sentNames()).toEqual(["Receta de Luna.pdf"]);
    expect(message).toMatchObject({
      body: "[Documento: Receta de Luna.pdf]",
      attachments: [{ filename: "Receta de Luna.pdf", media_id: id }],
    });
  });

  it("goes out by the name that the request gives it", async () => {
    const { id } = await upload("receta.pdf", "application/pdf");
    await sendDocument({ media_id: id, filename: "Luna" });
    expect(sentNames()).toEqual(["Luna"]);
  });

  it("with the same bytes as another one keeps its own name", async () => {
    const bytes = unique("%PDF ");
    const one = await upload("uno.pdf", "application/pdf", bytes);
    const two = await upload("dos.pdf", "application/pdf", bytes);
    const again = await upload("uno.pdf", "application/pdf", bytes);
    expect(again).toEqual(one);
    for (const { id } of [one, two, again]) await sendDocument({ media_id: id });
    expect(sentNames()).toEqual(["uno.pdf", "dos.pdf", "uno.pdf"]);
  });

  it("that a customer sent goes on by the name it came by", async () => {
    const { id } = await fileAtMeta({ filename: "análisis" });
    await sendDocument({ media_id: id });
    expect(sentNames()).toEqual(["análisis.pdf"]);
  });

  it("has its name in the header of a message with buttons as well", async () => {
    const { id } = await upload("receta.pdf", "application/pdf");
    const to = await customerWhoWrites();
    const interactive = {
      type: "button",
      header: { type: "document", document: { media_id: id } },
      body: { text: "¿Está bien?" },
      action: { buttons: [{ type: "reply", reply: { id: "si", title: "Sí" } }] },
    };
    const answer = await paloma.api("POST", "/v1/messages", {
      to,
      type: "interactive",
      interactive,
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { attachments: [{ filename: "receta.pdf" }] },
    });
  });
});

describe("what goes up to Meta", () => {
  it.each([
    ["cotizacion", "application/pdf", "cotizacion.pdf"],
    ["nota.opus", "audio/ogg", "nota.ogg"],
    ["foto.png", "image/jpeg", "foto.jpg"],
    ["foto.jpeg", "image/jpeg", "foto.jpeg"],
  ])("as %j of %s is called %j, also when it is renewed", async (filename, type, sent) => {
    const { id, meta_id } = await upload(filename, type);
    expect(paloma.simulator.media.filenameOf(meta_id)).toBe(sent);
    vi.setSystemTime(Date.now() + 40 * DAY_MS);
    const kind = { "application/pdf": "document", "audio/ogg": "audio" }[type] ?? "image";
    const to = await customerWhoWrites();
    const request = { to, type: kind, [kind]: { media_id: id } };
    expect((await paloma.api("POST", "/v1/messages", request)).status).toBe(201);
    const [renewed = ""] = sentFiles(kind).map((file) => textMember(file, "id") ?? "");
    expect(renewed).not.toBe(meta_id);
    expect(paloma.simulator.media.filenameOf(renewed)).toBe(sent);
  });

  it("by Graph's own route fits as well", async () => {
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", new File([unique("%PDF ")], "cotizacion", { type: "application/pdf" }));
    const request = new Request("https://paloma.test/", { method: "POST", body: form });
    const answer = await paloma.api("POST", `/v25.0/${NUMBER}/media`, await request.text(), {
      headers: { "content-type": request.headers.get("content-type") ?? "" },
    });
    expect(answer.status).toBe(200);
    expect(paloma.simulator.media.filenameOf(answer.body.id)).toBe("cotizacion.pdf");
  });
});
