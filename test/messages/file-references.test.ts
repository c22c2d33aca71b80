import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/json.ts";
import { fileReferences, withMetaIds, withoutOwnIds } from "../../src/messages/file-references.ts";

const image = (media_id: string) => ({ image: { media_id, caption: "Luna" } });

const CAROUSEL = {
  name: "cards",
  components: [
    { type: "header", parameters: [{ type: "image", ...image("med_1") }] },
    {
      type: "carousel",
      cards: [{ components: [{ parameters: [{ type: "image", ...image("med_2") }] }] }],
    },
  ],
};

describe("references to files of ours", () => {
  it.each<[string, string, JsonValue, string[]]>([
    ["a content", "image", { media_id: "med_1" }, ["/image/media_id"]],
    [
      "a header",
      "interactive",
      { header: { type: "image", ...image("med_1") } },
      ["/interactive/header/image/media_id"],
    ],
    [
      "a template and its cards",
      "template",
      CAROUSEL,
      [
        "/template/components/0/parameters/0/image/media_id",
        "/template/components/1/cards/0/components/0/parameters/0/image/media_id",
      ],
    ],
    ["a file of Meta's", "image", { id: "13" }, []],
    ["what only looks like one", "text", { body: "x", media_id: "med_1" }, []],
    ["an id that is not ours", "image", { media_id: "13" }, []],
    ["a list", "contacts", [{ name: {} }, null, 7], []],
  ])("in %s", (_what, type, content, pointers) => {
    expect(fileReferences(type, content).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it("get Meta's id beside ours, and lose ours on the way out", () => {
    const ids = new Map([
      ["med_1", "13"],
      ["med_2", "14"],
    ]);
    const resolved = withMetaIds("template", CAROUSEL, ids);
    expect(JSON.stringify(withoutOwnIds("template", resolved))).toBe(
      JSON.stringify(CAROUSEL)
        .replace('{"media_id":"med_1","caption":"Luna"}', '{"caption":"Luna","id":"13"}')
        .replace('{"media_id":"med_2","caption":"Luna"}', '{"caption":"Luna","id":"14"}'),
    );
    expect(withMetaIds("image", { media_id: "med_9" }, ids)).toEqual({ media_id: "med_9" });
  });

  test.prop([fc.jsonValue()])("leave everything else as it is", (content) => {
    // What fast-check makes is JSON.
    const value: JsonValue = JSON.parse(JSON.stringify(content));
    expect(withoutOwnIds("text", value)).toEqual(value);
  });
});
