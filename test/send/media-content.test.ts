import { describe, expect, it } from "vitest";
import { characters, contentErrors, parsedContent } from "./content-errors.ts";

const TYPES = ["image", "video", "audio", "document", "sticker"];
const ONE_OF = "give exactly one of id, link, media_id; got";
const NOT_A_LINK =
  "must be an absolute https address without spaces, such as https://example.com/a.jpg";
const NO_IP = "must name a host, not an IP address";

describe.each(TYPES)("%s content", (type) => {
  it.each([
    { id: "1349" },
    { link: "https://example.com/a%20b.jpg?c=d#e" },
    { media_id: "med_019a" },
    { id: "1349", voice: true, to_come: { any: [1] } },
  ])("passes whole: %j", (content) => {
    expect(parsedContent(type, content)).toEqual(content);
  });

  it.each([
    [{}, `${ONE_OF} none`],
    [{ id: "1", link: "https://example.com/" }, `${ONE_OF} id and link`],
    [
      { id: "1", link: "https://example.com/", media_id: "med_1" },
      `${ONE_OF} id and link and media_id`,
    ],
  ])("needs exactly one reference: %j", (content, detail) => {
    expect(contentErrors(type, content)).toEqual([{ pointer: `/${type}`, detail }]);
  });

  it.each([
    ["id", "", "must not be empty"],
    ["id", 1349, "must be text, got a number"],
    [
      "media_id",
      "1349",
      'must be a media id of ours, such as "med_…"; one of Meta\'s belongs in "id"',
    ],
    [
      "media_id",
      "med_../x",
      'must be a media id of ours, such as "med_…"; one of Meta\'s belongs in "id"',
    ],
    ["link", "http://example.com/a.jpg", "must begin with https:, got http:"],
    ["link", "data:image/png;base64,AAAA", "must begin with https:, got data:"],
    ["link", "//example.com/a.jpg", NOT_A_LINK],
    ["link", "a.jpg", NOT_A_LINK],
    ["link", "", NOT_A_LINK],
    ["link", " https://example.com/", NOT_A_LINK],
    ["link", "https://exam\nple.com/", NOT_A_LINK],
    ["link", "https://user@example.com/", "must not contain a user name or password"],
    ["link", "https://:secret@example.com/", "must not contain a user name or password"],
    ["link", "https://127.0.0.1/a.jpg", NO_IP],
    ["link", "https://0x7f000001/a.jpg", NO_IP],
    ["link", "https://2130706433/a.jpg", NO_IP],
    ["link", "https://[::1]/a.jpg", NO_IP],
    ["link", 5, "must be text, got a number"],
  ])("refuses %s %j", (member, value, detail) => {
    expect(contentErrors(type, { [member]: value })).toEqual([
      { pointer: `/${type}/${member}`, detail },
    ]);
  });
});

describe.each(["image", "video", "document"])("the caption of %s", (type) => {
  it.each([0, 1024])("may have %i characters", (count) => {
    expect(contentErrors(type, { id: "1", caption: characters(count) })).toEqual([]);
  });

  it("has a limit", () => {
    expect(contentErrors(type, { id: "1", caption: characters(1025) })).toEqual([
      { pointer: `/${type}/caption`, detail: "at most 1024 characters, got 1025" },
    ]);
  });
});

it.each(["audio", "sticker"])("%s takes no caption", (type) => {
  expect(contentErrors(type, { id: "1", caption: "Luna" })).toEqual([
    {
      pointer: `/${type}/caption`,
      detail: "takes no caption here: send the text as a message of its own",
    },
  ]);
});

describe("filename", () => {
  it("belongs to a document", () => {
    const content = { id: "1", filename: "análisis.pdf" };
    expect(parsedContent("document", content)).toEqual(content);
  });

  it("must not be empty", () => {
    expect(contentErrors("document", { id: "1", filename: "" })).toEqual([
      { pointer: "/document/filename", detail: "must not be empty" },
    ]);
  });

  it.each(["image", "video", "audio", "sticker"])("is refused on %s", (type) => {
    expect(contentErrors(type, { id: "1", filename: "a" })).toEqual([
      {
        pointer: `/${type}/filename`,
        detail: "only a document has a file name: leave it out",
      },
    ]);
  });
});
