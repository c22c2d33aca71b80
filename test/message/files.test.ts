import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/lib/json.ts";
import { fileReferences, linkErrors, withMetaIds, withoutOwnIds } from "../../src/message/files.ts";

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
    ["the data of a flow, which is the caller's own", "interactive", image("med_1"), []],
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

  it("say as what the file is sent, and where they stand in the request", () => {
    expect(fileReferences("template", CAROUSEL, ["fallback"])[0]).toEqual({
      media_id: "med_1",
      kind: "image",
      pointer: "/fallback/components/0/parameters/0/image/media_id",
    });
  });

  test.prop([fc.jsonValue()])("leave everything else as it is", (content) => {
    // What fast-check makes is JSON.
    const value: JsonValue = JSON.parse(JSON.stringify(content));
    expect(withoutOwnIds("text", value)).toEqual(value);
  });
});

describe("addresses of files", () => {
  const NOT_HTTPS = "must begin with https:, got http:";
  const linked = (link: JsonValue) => ({ type: "image", image: { link } });

  it.each<[string, string, JsonValue, string]>([
    ["a content", "video", { link: "http://a.mx/v.mp4" }, "/video/link"],
    [
      "a header",
      "interactive",
      { type: "carousel", action: { cards: [{ header: linked("http://a.mx/a.jpg") }] } },
      "/interactive/action/cards/0/header/image/link",
    ],
    [
      "a parameter of a template",
      "template",
      { name: "a", components: [{ type: "header", parameters: [linked("http://a.mx/a.jpg")] }] },
      "/template/components/0/parameters/0/image/link",
    ],
  ])("must be https in %s", (_what, type, content, pointer) => {
    expect(linkErrors(type, content)).toEqual([{ pointer, detail: NOT_HTTPS }]);
  });

  it.each<[string, string, JsonValue]>([
    ["one that is good", "image", { link: "https://example.com/a.jpg" }],
    ["what is no text, which the schema reports", "image", { link: 5 }],
    ["the data of a flow", "interactive", { data: { image: { link: "http://a.mx/a.jpg" } } }],
    ["a button's address", "interactive", { type: "cta_url", url: "http://a.mx" }],
  ])("are none of our business: %s", (_what, type, content) => {
    expect(linkErrors(type, content)).toEqual([]);
  });

  it.each(["https://localhost/a.jpg", "https://printer.local/a.jpg", "https://db.internal/a.jpg"])(
    "lead to where Meta can go, not to %s",
    (link) => {
      expect(linkErrors("image", { link })).toEqual([
        { pointer: "/image/link", detail: "must name a host that Meta can reach" },
      ]);
    },
  );
});
