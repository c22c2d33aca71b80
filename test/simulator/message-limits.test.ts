import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.ts";
import { startSimulator } from "./start-simulator.ts";

async function codeOf(content: JsonObject): Promise<unknown> {
  const bench = startSimulator();
  await bench.openWindow();
  return (await bench.send(content)).code;
}

const x = (length: number): string => "x".repeat(length);

const text = (body: unknown): JsonObject => ({ type: "text", text: { body } });

const reply = (id: string, title: string): JsonObject => ({ type: "reply", reply: { id, title } });

function buttons(list: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  const base = { type: "button", body: { text: "¿Confirmas?" }, action: { buttons: list } };
  return { type: "interactive", interactive: { ...base, ...more } };
}

const row = (id: string, more: JsonObject = {}): JsonObject => ({ id, title: "Consulta", ...more });

const rows = (count: number, prefix = "row"): JsonObject[] =>
  Array.from({ length: count }, (_, index) => row(`${prefix}-${index}`));

function menu(sections: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  const base = {
    type: "list",
    body: { text: "Servicios" },
    action: { button: "Ver opciones", sections },
  };
  return { type: "interactive", interactive: { ...base, ...more } };
}

function interactive(type: string, action: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    type: "interactive",
    interactive: { type, body: { text: "Pet-Friendly" }, action, ...more },
  };
}

const link = (display: string, url = "https://petfriendlyvet.com/cita"): JsonObject =>
  interactive("cta_url", { name: "cta_url", parameters: { display_text: display, url } });

const flow = (parameters: JsonObject): JsonObject =>
  interactive("flow", {
    name: "flow",
    parameters: { flow_message_version: "3", flow_cta: "Agendar", ...parameters },
  });

const image = (more: JsonObject): JsonObject => ({ type: "image", image: more });

const LINK = "https://petfriendlyvet.com/luna.jpg";

const accepted: [string, JsonObject][] = [
  ["text of 4096 characters", text(x(4096))],
  ["text of 4096 emoji", text("🐶".repeat(4096))],
  ["text without type", { text: { body: "Hola" } }],
  ["callback data of 512", { ...text("a"), biz_opaque_callback_data: x(512) }],
  ["reply context", { ...text("a"), context: { message_id: "wamid.a" } }],
  ["recipient type individual", { ...text("a"), recipient_type: "individual" }],
  ["three buttons", buttons([reply("1", "Sí"), reply("2", "No"), reply("3", "Luego")])],
  ["button limits", buttons([reply(x(256), x(20))], { body: { text: x(1024) } })],
  [
    "frame limits",
    buttons([reply("1", "Sí")], { header: { type: "text", text: x(60) }, footer: { text: x(60) } }),
  ],
  [
    "image header",
    buttons([reply("1", "Sí")], { header: { type: "image", image: { link: LINK } } }),
  ],
  ["ten rows in one section", menu([{ rows: rows(10) }])],
  [
    "ten rows in two sections",
    menu([
      { title: "A", rows: rows(5, "a") },
      { title: "B", rows: rows(5, "b") },
    ]),
  ],
  [
    "list limits",
    menu(
      [
        {
          title: x(24),
          rows: [{ id: x(200), title: x(24), description: x(72) }, row("2", { description: "" })],
        },
      ],
      {
        body: { text: x(4096) },
      },
    ),
  ],
  [
    "list label of 20",
    menu([{ rows: rows(1) }], { action: { button: x(20), sections: [{ rows: rows(1) }] } }),
  ],
  ["link label of 20", link(x(20))],
  [
    "location request",
    interactive("location_request_message", { name: "send_location" }, { body: { text: x(1024) } }),
  ],
  ["flow by id", flow({ flow_id: "1" })],
  ["flow by name", flow({ flow_name: "citas" })],
  ["product", interactive("product", { catalog_id: "1", product_retailer_id: "croquetas" })],
  [
    "products",
    interactive(
      "product_list",
      {
        catalog_id: "1",
        sections: [{ title: "A", product_items: [{ product_retailer_id: "croquetas" }] }],
      },
      { header: { type: "text", text: "Tienda" } },
    ),
  ],
  ["catalog", interactive("catalog_message", { name: "catalog_message" })],
  ["call permission", interactive("call_permission_request", { name: "call_permission_request" })],
  ["image with caption of 1024", image({ link: LINK, caption: x(1024) })],
  ["audio", { type: "audio", audio: { link: LINK } }],
  ["sticker", { type: "sticker", sticker: { link: LINK } }],
  [
    "document with filename",
    { type: "document", document: { link: LINK, filename: "receta.pdf" } },
  ],
  [
    "location at the edges",
    {
      type: "location",
      location: { latitude: 90, longitude: "-180", name: "Clínica", address: "Cancún" },
    },
  ],
  [
    "contact",
    {
      type: "contacts",
      contacts: [{ name: { formatted_name: "Dra. Sofía", first_name: "Sofía" } }],
    },
  ],
  ["reaction", { type: "reaction", reaction: { message_id: "wamid.a", emoji: "🐾" } }],
  ["reaction taken back", { type: "reaction", reaction: { message_id: "wamid.a", emoji: "" } }],
];

const refused: [string, unknown, JsonObject][] = [
  ["text of 4097 characters", 100, text(x(4097))],
  ["empty text", 100, text("")],
  ["text that is no string", 100, text(7)],
  ["text without body", 131008, { type: "text", text: {} }],
  ["text that is no object", 100, { type: "text", text: "Hola" }],
  ["text missing", 131008, { type: "text" }],
  ["unknown type", 131051, { type: "poll", poll: {} }],
  ["type that is no word", 131051, { type: {} }],
  ["wrong messaging product", 100, { ...text("a"), messaging_product: "sms" }],
  ["group", 131009, { ...text("a"), recipient_type: "group" }],
  ["context without id", 131008, { ...text("a"), context: {} }],
  ["callback data of 513", 100, { ...text("a"), biz_opaque_callback_data: x(513) }],
  ["unknown interactive", 131009, interactive("carousel", {})],
  ["interactive missing", 131008, { type: "interactive" }],
  ["no button", 131009, buttons([])],
  ["buttons that are no list", 100, interactive("button", { buttons: {} })],
  ["four buttons", 131009, buttons(["1", "2", "3", "4"].map((id) => reply(id, id)))],
  ["button title of 21", 131009, buttons([reply("1", x(21))])],
  ["button title empty", 131009, buttons([reply("1", "")])],
  ["button id of 257", 131009, buttons([reply(x(257), "Sí")])],
  ["same button id twice", 131009, buttons([reply("1", "Sí"), reply("1", "No")])],
  ["same button title twice", 131009, buttons([reply("1", "Sí"), reply("2", "Sí")])],
  ["button that is no reply", 131009, buttons([{ type: "url", reply: { id: "1", title: "Sí" } }])],
  ["button body of 1025", 131009, buttons([reply("1", "Sí")], { body: { text: x(1025) } })],
  ["button without body", 131008, buttons([reply("1", "Sí")], { body: null })],
  ["header of 61", 131009, buttons([reply("1", "Sí")], { header: { type: "text", text: x(61) } })],
  ["footer of 61", 131009, buttons([reply("1", "Sí")], { footer: { text: x(61) } })],
  ["header of unknown type", 131009, buttons([reply("1", "Sí")], { header: { type: "audio" } })],
  ["eleven rows", 131009, menu([{ rows: rows(11) }])],
  [
    "eleven rows in all",
    131009,
    menu([
      { title: "A", rows: rows(6, "a") },
      { title: "B", rows: rows(5, "b") },
    ]),
  ],
  [
    "eleven sections",
    131009,
    menu(Array.from({ length: 11 }, () => ({ title: "A", rows: rows(1) }))),
  ],
  ["section title of 25", 131009, menu([{ title: x(25), rows: rows(1) }])],
  [
    "untitled of two sections",
    131008,
    menu([{ title: "A", rows: rows(1) }, { rows: rows(1, "b") }]),
  ],
  ["row id of 201", 131009, menu([{ rows: [row(x(201))] }])],
  ["same row id twice", 131009, menu([{ rows: [row("1"), row("1")] }])],
  ["row title of 25", 131009, menu([{ rows: [{ id: "1", title: x(25) }] }])],
  ["row description of 73", 131009, menu([{ rows: [row("1", { description: x(73) })] }])],
  [
    "list label of 21",
    131009,
    menu([], { action: { button: x(21), sections: [{ rows: rows(1) }] } }),
  ],
  ["list body of 4097", 131009, menu([{ rows: rows(1) }], { body: { text: x(4097) } })],
  [
    "list with image header",
    131009,
    menu([{ rows: rows(1) }], { header: { type: "image", image: { link: LINK } } }),
  ],
  ["link label of 21", 131009, link(x(21))],
  ["link that is no address", 131009, link("Agendar", "petfriendlyvet.com")],
  [
    "location request of 1025",
    131009,
    interactive("location_request_message", { name: "send_location" }, { body: { text: x(1025) } }),
  ],
  ["flow without id and name", 131009, flow({})],
  ["flow label of 21", 131009, flow({ flow_id: "1", flow_cta: x(21) })],
  [
    "product with header",
    100,
    interactive(
      "product",
      { catalog_id: "1", product_retailer_id: "a" },
      { header: { type: "text", text: "a" } },
    ),
  ],
  [
    "products without header",
    131008,
    interactive("product_list", { catalog_id: "1", sections: [] }),
  ],
  ["image caption of 1025", 100, image({ link: LINK, caption: x(1025) })],
  ["image without source", 100, image({})],
  ["image with two sources", 100, image({ link: LINK, id: "1" })],
  ["image with unknown id", 100, image({ id: "123" })],
  ["image with bad link", 100, image({ link: "ftp://petfriendlyvet.com/a" })],
  ["image with filename", 100, image({ link: LINK, filename: "luna.jpg" })],
  ["image missing", 131008, { type: "image" }],
  ["audio with caption", 100, { type: "audio", audio: { link: LINK, caption: "Guau" } }],
  ["sticker with caption", 100, { type: "sticker", sticker: { link: LINK, caption: "Guau" } }],
  [
    "latitude past the pole",
    131009,
    { type: "location", location: { latitude: 90.1, longitude: 0 } },
  ],
  ["latitude empty", 131009, { type: "location", location: { latitude: "", longitude: 0 } }],
  ["longitude missing", 131008, { type: "location", location: { latitude: 1 } }],
  ["location missing", 131008, { type: "location" }],
  ["no contacts", 131009, { type: "contacts", contacts: [] }],
  [
    "contact with one name",
    131009,
    { type: "contacts", contacts: [{ name: { formatted_name: "Sofía" } }] },
  ],
  ["reaction without emoji", 131008, { type: "reaction", reaction: { message_id: "wamid.a" } }],
  ["reaction missing", 131008, { type: "reaction" }],
  ["template missing", 131008, { type: "template" }],
];

describe("limits of what can be sent", () => {
  it.each(accepted)("accepts %s", async (_name, content) => {
    expect(await codeOf(content)).toBeUndefined();
  });

  it.each(refused)("refuses %s with %i", async (_name, code, content) => {
    expect(await codeOf(content)).toBe(code);
  });

  it("answers in the shape of Meta's error body", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    const { status, body } = await bench.send(buttons([]));
    expect(status).toBe(400);
    expect(body).toEqual({
      error: {
        message: "(#131009) Parameter value is not valid",
        type: "OAuthException",
        code: 131009,
        error_data: {
          messaging_product: "whatsapp",
          details: "Invalid interactive['action']['buttons'] count. Min allowed: 1, Max allowed: 3",
        },
        fbtrace_id: expect.stringMatching(/^A[\w-]{22}$/),
      },
    });
  });

  it("reads a body that is not JSON as a bad parameter", async () => {
    const bench = startSimulator();
    for (const [type, body] of [
      ["application/json", "{"],
      ["text/plain", "[1]"],
    ] as const) {
      const response = await bench.simulator.fetch(
        new Request("https://graph.facebook.com/v25.0/106540352242922/messages", {
          method: "POST",
          headers: { Authorization: "Bearer token-of-the-clinic", "Content-Type": type },
          body,
        }),
      );
      expect(response.status).toBe(400);
    }
  });
});
