import { describe, expect, it } from "vitest";
import {
  fileKind,
  isBubble,
  kindOf,
  listIn,
  preview,
  textIn,
  textOf,
} from "../../inbox/src/text/describe.ts";
import { en } from "../../inbox/src/words/en.ts";
import { es } from "../../inbox/src/words/es.ts";
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

describe("preview", () => {
  it.each([
    [{ type: "text", body: "dos\nlíneas" }, "dos líneas"],
    [{ type: "text", body: "[Imagen]" }, "[Imagen]"],
    [{ type: "image", body: "[Imagen]" }, "Foto"],
    [{ type: "image", body: "Mi perra" }, "Mi perra"],
    [{ type: "sticker", body: "[Sticker]" }, "Sticker"],
    [{ type: "hasOwnProperty", body: "[Mensaje no compatible]" }, "Mensaje no compatible"],
    [{ type: "text", body: "secreto", revoked: true }, "Se eliminó este mensaje"],
    [{ type: "text", body: "a\u202Eb" }, "a\uFFFDb"],
  ])("of %j is %j", (view, expected) => {
    expect(preview(view, es)).toBe(expected);
  });

  it("has no Spanish in English", () => {
    expect(preview({ type: "location", body: "[Ubicación]" }, en)).toBe("Location");
  });
});

describe("textOf", () => {
  it.each([
    [message({ body: "Hola" }), "Hola"],
    [message({ type: "image", body: "[Imagen]", attachments: [PHOTO] }), null],
    [message({ type: "image", body: "Mía", attachments: [{ ...PHOTO, caption: "Mía" }] }), "Mía"],
    [message({ type: "template", body: "Hola Ana", attachments: [PHOTO] }), "Hola Ana"],
    [message({ type: "location", body: "Casa" }), null],
    [message({ type: "interactive", body: "[Mensaje interactivo]" }), null],
    [message({ type: "button", body: "Sí" }), "Sí"],
  ])("%#", (view, expected) => {
    expect(textOf(view)).toBe(expected);
  });
});

describe("parts of a content", () => {
  it("reads texts and lists, and nothing where there is none", () => {
    const content = { name: { formatted_name: "Ana" }, phones: [1], empty: "" };
    expect(textIn(content, "name", "formatted_name")).toBe("Ana");
    expect(textIn(content, "phones")).toBeNull();
    expect(textIn(content, "empty")).toBeNull();
    expect(textIn(null, "name")).toBeNull();
    expect(listIn(content, "phones")).toEqual([1]);
    expect(listIn(content, "name")).toEqual([]);
  });

  it("tells a voice note from an audio", () => {
    expect(fileKind({ ...PHOTO, type: "audio" }, { voice: true })).toBe("voice");
    expect(fileKind({ ...PHOTO, type: "audio" }, {})).toBe("audio");
    expect(fileKind(PHOTO, null)).toBe("image");
    expect(fileKind({ ...PHOTO, type: "hologram" }, null)).toBe("document");
  });

  it("has a word for every kind, and no bubble for what is about another message", () => {
    expect(kindOf("voice", es)).toBe("Nota de voz");
    expect(kindOf("contacts", en)).toBe("Contact");
    expect(isBubble({ type: "reaction" })).toBe(false);
    expect(isBubble({ type: "text" })).toBe(true);
  });
});

describe("the words", () => {
  it("count, in both languages", () => {
    expect([1, 2].map(es.newMessages)).toEqual(["1 mensaje nuevo", "2 mensajes nuevos"]);
    expect([1, 2].map(en.newMessages)).toEqual(["1 new message", "2 new messages"]);
    expect(es.windowLeft(3, 12)).toBe("Quedan 3 h 12 min");
    expect(en.windowLeft(0, 5)).toBe("5 min left");
  });

  it("differ, but for names", () => {
    const same = Object.entries(es).filter(
      ([name, word]) =>
        typeof word === "string" &&
        Object.entries(en).some(([other, english]) => other === name && english === word),
    );
    expect(same).toEqual([]);
  });
});
