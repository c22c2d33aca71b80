import { describe, expect, it } from "vitest";
import { characters, contentErrors, parsedContent } from "./content-errors.ts";

describe("textContent", () => {
  it("previews links unless the caller says otherwise", () => {
    expect(parsedContent("text", { body: "hola" })).toEqual({ body: "hola", preview_url: true });
    expect(parsedContent("text", { body: "hola", preview_url: false })).toEqual({
      body: "hola",
      preview_url: false,
    });
  });

  it.each([1, 4096])("takes %i characters", (count) => {
    expect(contentErrors("text", { body: characters(count) })).toEqual([]);
  });

  it.each([
    [{ body: characters(4097) }, "/text/body", "at most 4096 characters, got 4097"],
    [{ body: "a".repeat(1_000_000) }, "/text/body", "at most 4096 characters, got 1000000"],
    [{ body: "" }, "/text/body", "at least 1 character, got 0"],
    [{}, "/text/body", "is required"],
    [{ body: null }, "/text/body", "must be text, got null"],
    [{ body: 5 }, "/text/body", "must be text, got a number"],
    [{ body: ["a"] }, "/text/body", "must be text, got an array"],
    [{ body: { a: 1 } }, "/text/body", "must be text, got an object"],
    [{ body: "a", preview_url: "yes" }, "/text/preview_url", "must be true or false, got text"],
    [[], "/text", "must be an object, got an array"],
    ["hola", "/text", "must be an object, got text"],
    [null, "/text", "must be an object, got null"],
    [true, "/text", "must be an object, got true or false"],
    [undefined, "/text", 'is required: the content of a message of type "text"'],
  ])("refuses case %#", (content, pointer, detail) => {
    expect(contentErrors("text", content)).toEqual([{ pointer, detail }]);
  });
});
