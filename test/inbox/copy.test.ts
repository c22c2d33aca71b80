import { describe, expect, it } from "vitest";
import type { Message } from "../../inbox/src/state/views.ts";
import { textToCopy } from "../../inbox/src/text/copy.ts";
import { message } from "./support/views.ts";

const PHOTO = {
  type: "image",
  media_id: "med_1",
  meta_id: "1",
  mime_type: "image/jpeg",
  sha256: null,
  caption: null,
  filename: null,
  url: "/v1/media/med_1",
  stored: true,
  error: null,
};

const CARD = {
  name: { formatted_name: "Ana López" },
  phones: [{ phone: "+52 998 222 0001" }, { wa_id: "5219982220002" }],
};

describe("textToCopy", () => {
  it.each<[string, Partial<Message>, string | null]>([
    ["a text as it was written", { body: "*Hola*\n  a\u202Eb" }, "*Hola*\n  a\u202Eb"],
    ["a text like a placeholder", { body: "[Imagen]" }, "[Imagen]"],
    ["a deleted text", { revoked: true }, null],
    ["a photo", { type: "image", body: "[Imagen]", attachments: [PHOTO] }, null],
    [
      "a caption",
      { type: "image", body: "Luna", attachments: [{ ...PHOTO, caption: "Luna" }] },
      "Luna",
    ],
    ["a template", { type: "template", body: "Hola Ana" }, "Hola Ana"],
    [
      "a named place",
      { type: "location", content: { name: "Casa", address: "C. 5" } },
      "Casa\nC. 5",
    ],
    ["an address", { type: "location", content: { latitude: 1, address: "C. 5" } }, "C. 5"],
    ["a place", { type: "location", content: { latitude: 21.1, longitude: -86.8 } }, "21.1,-86.8"],
    ["no place", { type: "location", content: {} }, null],
    [
      "the numbers of a card",
      { type: "contacts", content: [CARD] },
      "+52 998 222 0001\n5219982220002",
    ],
    ["its name", { type: "contacts", content: [{ name: CARD.name, phones: [{}] }] }, "Ana López"],
    ["no card", { type: "contacts", content: {} }, null],
    ["an order's note", { type: "order", content: { text: "Sin sal" } }, "Sin sal"],
    [
      "a flow's answers",
      {
        type: "interactive",
        body: "[Formulario]",
        content: { nfm_reply: { response_json: '{"mascota":"Luna","edad":3}' } },
      },
      "mascota: Luna\nedad: 3",
    ],
    ["what WhatsApp does not show", { type: "unsupported", body: "[Mensaje no compatible]" }, null],
  ])("%s", (_name, more, expected) => {
    expect(textToCopy(message(more))).toBe(expected);
  });
});
