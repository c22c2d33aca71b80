import { describe, expect, it } from "vitest";
import { contentErrors, parsedContent } from "./content-errors.ts";

const NAME_RULE =
  "must be 1 to 512 lower-case letters, digits and underscores, as in WhatsApp Manager";
const KIND_RULE = 'must name the kind of parameter, such as "text"';
const EMPTY_KIND = `${KIND_RULE}, got text of 0 characters`;
const withParameter = (parameter: unknown) => ({
  name: "a",
  components: [{ type: "body", parameters: [parameter] }],
});

describe("templateContent", () => {
  it("is in Mexican Spanish unless the caller says otherwise", () => {
    expect(parsedContent("template", { name: "a" })).toEqual({
      name: "a",
      language: { code: "es_MX" },
    });
    const english = { name: "a", language: { code: "en_US", policy: "deterministic" } };
    expect(parsedContent("template", english)).toEqual(english);
  });

  it.each([
    { components: [{ type: "body", parameters: [{ type: "text", text: "Ana", more: 1 }] }] },
    { components: [{ type: "header", parameters: [{ type: "image", image: { id: "1" } }] }] },
    { components: [{ type: "button", sub_type: "url", index: 0, parameters: [] }] },
    { components: [{ type: "carousel", cards: [{ any: 1 }] }] },
    { components: [] },
    { params: { name: "Ana", pet: "Luna" } },
  ])("passes whole: %j", (members) => {
    const content = { name: "a", language: { code: "es_MX" }, ...members };
    expect(parsedContent("template", content)).toEqual(content);
  });

  it.each(["a", "a_1", "a".repeat(512)])("takes the name %s", (name) => {
    expect(contentErrors("template", { name })).toEqual([]);
  });

  it.each([
    [{}, "/name", "is required"],
    [{ name: "" }, "/name", `${NAME_RULE}, got text of 0 characters`],
    [{ name: "a".repeat(513) }, "/name", `${NAME_RULE}, got text of 513 characters`],
    [{ name: "Cita" }, "/name", `${NAME_RULE}, got "Cita"`],
    [{ name: "cita-1" }, "/name", `${NAME_RULE}, got "cita-1"`],
    [{ name: "a", language: "es_MX" }, "/language", "must be an object, got text"],
    [{ name: "a", language: {} }, "/language/code", "is required"],
    [{ name: "a", language: { code: "" } }, "/language/code", "must not be empty"],
    [{ name: "a", components: {} }, "/components", "must be an array, got an object"],
    [{ name: "a", components: [[]] }, "/components/0", "must be an object, got an array"],
    [{ name: "a", components: [{}] }, "/components/0/type", "is required"],
    [
      { name: "a", components: [{ type: "body", parameters: "Ana" }] },
      "/components/0/parameters",
      "must be an array, got text",
    ],
    [withParameter("Ana"), "/components/0/parameters/0", "must be an object, got text"],
    [withParameter({}), "/components/0/parameters/0/type", `${KIND_RULE}, got nothing`],
    [withParameter({ type: "" }), "/components/0/parameters/0/type", EMPTY_KIND],
    [withParameter({ type: "text" }), "/components/0/parameters/0/text", "is required"],
    [
      withParameter({ type: "text", text: 5 }),
      "/components/0/parameters/0/text",
      "must be text, got a number",
    ],
    [{ name: "a", params: [] }, "/params", "must be an object, got an array"],
    [{ name: "a", params: { order: 8812 } }, "/params/order", "must be text, got a number"],
    [{ name: "a", params: { "a/b~c": 1 } }, "/params/a~1b~0c", "must be text, got a number"],
  ])("refuses case %#", (content, pointer, detail) => {
    expect(contentErrors("template", content)).toEqual([
      { pointer: `/template${pointer}`, detail },
    ]);
  });
});
