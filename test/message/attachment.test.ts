import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { attachmentOf } from "../../src/message/attachment.ts";

const NOTHING = {
  meta_id: null,
  link: null,
  mime_type: null,
  sha256: null,
  caption: null,
  filename: null,
};

const HEX = "00ff".repeat(16);
const BASE64 = btoa(
  String.fromCharCode(...Array.from({ length: 32 }, (_, position) => (position % 2) * 255)),
);

describe("attachmentOf", () => {
  it.each(["image", "video", "audio", "voice", "document", "sticker"])(
    "reads the file of a message of type %s",
    (type) => {
      const message = { type, [type]: { id: "1349", mime_type: "x/y" } };
      expect(attachmentOf(message)).toEqual({
        ...NOTHING,
        type,
        meta_id: "1349",
        mime_type: "x/y",
      });
    },
  );

  it("reads every member that Meta has", () => {
    const document = {
      id: 1349,
      link: "https://example.com/a.pdf",
      mime_type: "application/pdf",
      sha256: HEX,
      caption: "Análisis",
      filename: "análisis.pdf",
    };
    expect(attachmentOf({ type: "document", document })).toEqual({
      ...document,
      type: "document",
      meta_id: "1349",
      id: undefined,
    });
  });

  it.each([
    ["hex", HEX, HEX],
    ["upper-case hex", HEX.toUpperCase(), HEX],
    ["base64", BASE64, HEX],
    ["base64 without padding", BASE64.replace("=", ""), HEX],
    ["base64 of the other alphabet", BASE64.replaceAll("/", "_").replaceAll("+", "-"), HEX],
    ["a digest of another length", "4654+8g=", "4654+8g="],
    ["a placeholder", "STICKER_HASH", "STICKER_HASH"],
  ])("gives the digest as lower-case hex where it is one: %s", (_case, sha256, expected) => {
    expect(attachmentOf({ type: "image", image: { sha256 } })?.sha256).toBe(expected);
  });

  it.each<[string, JsonObject]>([
    ["a text", { type: "text", text: { body: "hola" } }],
    ["no type", { image: { id: "1" } }],
    ["no content", { type: "image" }],
    ["content that is no object", { type: "image", image: [] }],
    ["an edit of a text", { type: "edit", edit: { message: { type: "text", text: {} } } }],
    ["an edit of an edit", { type: "edit", edit: { message: { type: "edit", edit: {} } } }],
    ["an edit of nothing", { type: "edit", edit: {} }],
    ["buttons without a header", { type: "interactive", interactive: { type: "button" } }],
    ["a header of text", { type: "interactive", interactive: { header: { type: "text" } } }],
    ["a template of text alone", { type: "template", template: { components: [{}] } }],
    ["a type named like every object's members", { type: "constructor" }],
  ])("gives null for %s", (_case, message) => {
    expect(attachmentOf(message)).toBeNull();
  });

  it.each<[string, JsonObject]>([
    ["an edit", { type: "edit", edit: { message: { type: "image", image: { id: "13" } } } }],
    [
      "the header of buttons",
      { type: "interactive", interactive: { header: { type: "image", image: { id: "13" } } } },
    ],
    [
      "the header of a template",
      {
        type: "template",
        template: {
          components: [
            { type: "body", parameters: [{ type: "text", text: "Ana" }] },
            { type: "header", parameters: [{ type: "image", image: { id: "13" } }] },
          ],
        },
      },
    ],
  ])("finds the file that %s brings", (_what, message) => {
    expect(attachmentOf(message)).toEqual({ ...NOTHING, type: "image", meta_id: "13" });
  });

  test.prop([
    fc.constantFrom("image", "voice", "document"),
    fc.jsonValue().filter((value) => isJsonObject(value)),
  ])("never throws, whatever the file object holds", (type, file) => {
    expect(attachmentOf({ type, [type]: file })).toMatchObject({ type });
  });
});
