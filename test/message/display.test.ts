import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { displayBody } from "../../src/message/display.ts";

const interactive = (content: JsonObject) => ({ type: "interactive", interactive: content });
const edit = (message: unknown) => JSON.parse(JSON.stringify({ type: "edit", edit: { message } }));

const appointment = {
  name: "appointment_reminder",
  language: { code: "es_MX" },
  components: [
    {
      type: "body",
      parameters: ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text })),
    },
  ],
};

describe("displayBody", () => {
  it.each<[string, JsonObject, string]>([
    ["a text", { type: "text", text: { body: "¿Tienen croquetas?" } }, "¿Tienen croquetas?"],
    ["an image", { type: "image", image: { id: "1" } }, "[Imagen]"],
    ["an image with caption", { type: "image", image: { caption: "Luna" } }, "Luna"],
    ["a video", { type: "video", video: {} }, "[Video]"],
    ["a video with caption", { type: "video", video: { caption: "Luna" } }, "Luna"],
    ["audio", { type: "audio", audio: { voice: true } }, "[Audio]"],
    ["an old voice note", { type: "voice", voice: {} }, "[Audio]"],
    ["a document", { type: "document", document: { filename: "a.pdf" } }, "[Documento: a.pdf]"],
    ["a document without name", { type: "document", document: {} }, "[Documento]"],
    [
      "a document with caption",
      { type: "document", document: { filename: "a.pdf", caption: "Análisis" } },
      "Análisis",
    ],
    ["a sticker", { type: "sticker", sticker: {} }, "[Sticker]"],
    ["a place", { type: "location", location: { name: "Clínica" } }, "Clínica"],
    ["a point", { type: "location", location: { latitude: 1 } }, "[Ubicación]"],
    ["contacts", { type: "contacts", contacts: [{}, {}] }, "[Contacto]"],
    ["an order", { type: "order", order: { text: "Hola" } }, "[Pedido]"],
    ["a template's button", { type: "button", button: { text: "SI", payload: "x" } }, "SI"],
    ["a button without text", { type: "button", button: {} }, "[Mensaje interactivo]"],
    ["a reaction", { type: "reaction", reaction: { emoji: "❤️" } }, "❤️"],
    ["a reaction taken back", { type: "reaction", reaction: { emoji: "" } }, ""],
    ["a reaction without emoji", { type: "reaction", reaction: {} }, ""],
    ["a revoke", { type: "revoke", revoke: {} }, "[Mensaje eliminado]"],
    ["a system message", { type: "system", system: { body: "Cambió" } }, "Cambió"],
    ["a system message without text", { type: "system" }, "[Aviso de WhatsApp]"],
    [
      "a template",
      { type: "template", template: appointment },
      "Hola Ana, te recordamos tu cita para Luna el lunes a las 10:00. Responde SI para confirmar o llámanos al +52 998 316 2438 para reagendar.",
    ],
    ["an unknown template", { type: "template", template: { name: "a" } }, "[Plantilla: a]"],
    [
      "a chosen button",
      interactive({ type: "button_reply", button_reply: { id: "1", title: "Sí" } }),
      "Sí",
    ],
    [
      "a chosen row",
      interactive({ type: "list_reply", list_reply: { id: "1", title: "Vacunas" } }),
      "Vacunas",
    ],
    ["a choice without title", interactive({ type: "list_reply" }), "[Mensaje interactivo]"],
    [
      "a form",
      interactive({ type: "nfm_reply", nfm_reply: { body: "Sent", response_json: "{}" } }),
      "Sent",
    ],
    [
      "a form without text",
      interactive({ type: "nfm_reply", nfm_reply: { response_json: "{}" } }),
      "[Formulario]",
    ],
    ["a form without anything", interactive({ type: "nfm_reply" }), "[Formulario]"],
    [
      "another reply",
      interactive({ type: "call_permission_reply", call_permission_reply: {} }),
      "[Mensaje interactivo]",
    ],
    [
      "buttons that were sent",
      interactive({ type: "button", body: { text: "¿Confirmas?" } }),
      "¿Confirmas?",
    ],
    ["an interactive message without kind", interactive({}), "[Mensaje interactivo]"],
    ["an edited text", edit({ type: "text", text: { body: "corregido" } }), "corregido"],
    ["an edited caption", edit({ type: "image", image: { caption: "mejor" } }), "mejor"],
    ["an edit of an edit", edit(edit({ type: "text" })), "[Mensaje no compatible]"],
    ["an edit of nothing", { type: "edit" }, "[Mensaje no compatible]"],
    ["unsupported", { type: "unsupported", errors: [] }, "[Mensaje no compatible]"],
    ["a type to come", { type: "hologram", hologram: {} }, "[Mensaje no compatible]"],
    ["a type of all objects", { type: "constructor" }, "[Mensaje no compatible]"],
    ["no type", {}, "[Mensaje no compatible]"],
    ["a text without text", { type: "text", text: [] }, "[Mensaje no compatible]"],
  ])("shows %s", (_case, message, body) => {
    expect(displayBody(message)).toBe(body);
  });

  const types = fc.constantFrom(
    "text",
    "image",
    "document",
    "interactive",
    "reaction",
    "template",
    "edit",
    "system",
    "button",
    "location",
    "contacts",
    "order",
    "constructor",
  );

  test.prop([types, fc.jsonValue()])("never throws, whatever a type holds", (type, content) => {
    const message = JSON.parse(JSON.stringify({ type, [type]: content }));
    expect(typeof displayBody(message)).toBe("string");
  });
});
