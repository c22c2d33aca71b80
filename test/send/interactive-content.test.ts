import { describe, expect, it } from "vitest";
import { characters, contentErrors, parsedContent } from "./content-errors.ts";

const button = (id: unknown, title: unknown) => ({ type: "reply", reply: { id, title } });
const buttons = (...given: unknown[]) => ({
  type: "button",
  body: { text: "¿Confirmas?" },
  action: { buttons: given },
});
const oneButton = buttons(button("yes", "Sí"));

const row = (id: unknown, title: unknown = "Vacunas") => ({ id, title });
const rows = (count: number, prefix = "r") =>
  Array.from({ length: count }, (_, position) => row(`${prefix}${position}`));
const list = (...sections: unknown[]) => ({
  type: "list",
  body: { text: "Elige" },
  action: { button: "Ver", sections },
});
const oneRow = list({ rows: rows(1) });

const ctaUrl = {
  type: "cta_url",
  body: { text: "Tu pedido" },
  action: {
    name: "cta_url",
    parameters: { display_text: "Ver", url: "https://example.com/orders/1" },
  },
};

const locationRequest = {
  type: "location_request_message",
  body: { text: "¿Dónde estás?" },
  action: { name: "send_location" },
};

const checked: Record<string, { body: { text: string } }> = {
  button: oneButton,
  list: oneRow,
  cta_url: ctaUrl,
  location_request_message: locationRequest,
};

function errorsOf(content: unknown): Record<string, string> {
  const errors = contentErrors("interactive", content);
  return Object.fromEntries(
    errors.map(({ pointer, detail }) => [pointer.replace("/interactive", ""), detail]),
  );
}

describe("interactiveContent", () => {
  it.each(Object.entries(checked))("passes a %s message whole", (_kind, content) => {
    const more = { ...content, to_come: { any: [1] } };
    expect(parsedContent("interactive", more)).toEqual(more);
  });

  it.each([{ type: "flow", action: { any: 1 } }, { type: "product" }, { type: "carousel" }])(
    "passes what it has no limits for: %j",
    (content) => {
      expect(parsedContent("interactive", content)).toEqual(content);
    },
  );

  it.each([
    [{}, "nothing"],
    [{ type: "" }, "text of 0 characters"],
    [{ type: 5 }, "a number"],
    [{ type: null }, "null"],
  ])("needs a type: %j", (content, got) => {
    const rule = 'must name the kind of interactive message, such as "button" or "list"';
    expect(errorsOf(content)).toEqual({ "/type": `${rule}, got ${got}` });
  });

  it.each([[[]], ["button"], [null], [5]])("refuses %j", (content) => {
    expect(Object.keys(errorsOf(content))).toEqual([""]);
  });
});

describe("body", () => {
  it.each([
    ["button", 1024],
    ["list", 4096],
    ["cta_url", 1024],
    ["location_request_message", 1024],
  ])("of %s has 1 to %i characters", (kind, most) => {
    const withBody = (text: string) => errorsOf({ ...checked[kind], body: { text } });
    expect(withBody("a")).toEqual({});
    expect(withBody(characters(most))).toEqual({});
    expect(withBody("")).toEqual({ "/body/text": "at least 1 character, got 0" });
    expect(withBody(characters(most + 1))).toEqual({
      "/body/text": `at most ${most} characters, got ${most + 1}`,
    });
  });

  it.each(Object.entries(checked))("of %s is required", (_kind, content) => {
    expect(errorsOf({ ...content, body: undefined })).toEqual({ "/body": "is required" });
    expect(errorsOf({ ...content, body: {} })).toEqual({ "/body/text": "is required" });
  });
});

describe.each(["button", "list", "cta_url"])("footer and header of %s", (kind) => {
  const withFooter = (text: string) => errorsOf({ ...checked[kind], footer: { text } });
  const withHeader = (header: unknown) => errorsOf({ ...checked[kind], header });

  it("limits the footer", () => {
    expect(withFooter(characters(60))).toEqual({});
    expect(withFooter(characters(61))).toEqual({
      "/footer/text": "at most 60 characters, got 61",
    });
    expect(withFooter("")).toEqual({ "/footer/text": "at least 1 character, got 0" });
  });

  it("limits a header of text", () => {
    expect(withHeader({ type: "text", text: characters(60) })).toEqual({});
    expect(withHeader({ type: "text", text: characters(61) })).toEqual({
      "/header/text": "at most 60 characters, got 61",
    });
    expect(withHeader({ type: "text" })).toEqual({ "/header/text": "is required" });
    expect(withHeader([])).toEqual({ "/header": "must be an object, got an array" });
  });
});

describe.each(["button", "cta_url"])("a file in the header of %s", (kind) => {
  const withHeader = (header: unknown) => errorsOf({ ...checked[kind], header });

  it.each(["image", "video", "document"])("may be of type %s", (type) => {
    expect(withHeader({ type, [type]: { link: "https://example.com/a" } })).toEqual({});
    expect(withHeader({ type, [type]: {} })).toEqual({
      [`/header/${type}`]: "give exactly one of id, link, media_id; got none",
    });
    expect(withHeader({ type })).toEqual({ [`/header/${type}`]: "is required" });
  });

  it.each([
    ["audio", '"audio"'],
    [undefined, "nothing"],
    [5, "a number"],
  ])("may not be of type %s", (type, got) => {
    expect(withHeader({ type })).toEqual({
      "/header/type": `must be "text", "image", "video" or "document", got ${got}`,
    });
  });
});

describe("reply buttons", () => {
  it.each([1, 3])("may be %i", (count) => {
    const given = Array.from({ length: count }, (_, position) =>
      button(`${position}`, `${position}`),
    );
    expect(errorsOf(buttons(...given))).toEqual({});
  });

  const list4 = ["a", "b", "c", "d"].map((name) => button(name, name));

  it.each([
    [buttons(), { "/action/buttons": "at least 1 button, got 0" }],
    [buttons(...list4), { "/action/buttons": "at most 3 buttons, got 4" }],
    [
      buttons(button("", "")),
      {
        "/action/buttons/0/reply/id": "at least 1 character, got 0",
        "/action/buttons/0/reply/title": "at least 1 character, got 0",
      },
    ],
    [buttons(button(characters(256), characters(20))), {}],
    [
      buttons(button(characters(257), characters(21))),
      {
        "/action/buttons/0/reply/id": "at most 256 characters, got 257",
        "/action/buttons/0/reply/title": "at most 20 characters, got 21",
      },
    ],
    [
      buttons(button("a", "Sí"), button("b", "No"), button("a", "Sí")),
      {
        "/action/buttons/2/reply/id": "must differ from every other button's",
        "/action/buttons/2/reply/title": "must differ from every other button's",
      },
    ],
    [buttons({ reply: { id: "a", title: "b" } }), { "/action/buttons/0/type": "is required" }],
    [
      buttons({ type: "url", reply: { id: "a", title: "b" } }),
      { "/action/buttons/0/type": 'must be "reply", got "url"' },
    ],
    [buttons(5), { "/action/buttons/0": "must be an object, got a number" }],
    [{ ...oneButton, action: {} }, { "/action/buttons": "is required" }],
    [{ ...oneButton, action: undefined }, { "/action": "is required" }],
    [
      { ...oneButton, action: { buttons: {} } },
      { "/action/buttons": "must be an array, got an object" },
    ],
  ])("are checked, case %#", (content, errors) => {
    expect(errorsOf(content)).toEqual(errors);
  });
});

describe("a list", () => {
  it('has a button "Ver opciones" unless the caller says otherwise', () => {
    const { button: _button, ...action } = oneRow.action;
    expect(parsedContent("interactive", { ...oneRow, action })).toEqual({
      ...oneRow,
      action: { ...action, button: "Ver opciones" },
    });
  });

  const withButton = (label: unknown) => ({
    ...oneRow,
    action: { ...oneRow.action, button: label },
  });
  const ROWS = "/action/sections/0/rows";

  it.each([
    [withButton(characters(20)), {}],
    [withButton(characters(21)), { "/action/button": "at most 20 characters, got 21" }],
    [withButton(""), { "/action/button": "at least 1 character, got 0" }],
    [list(), { "/action/sections": "at least 1 section, got 0" }],
    [list(...Array.from({ length: 10 }, (_, n) => ({ title: "t", rows: rows(1, `${n}`) }))), {}],
    [
      list(...Array.from({ length: 11 }, (_, n) => ({ title: "t", rows: rows(1, `${n}`) }))),
      { "/action/sections": "at most 10 rows in all sections together, got 11" },
    ],
    [list({ rows: rows(10) }), {}],
    [
      list({ title: "a", rows: rows(5, "a") }, { title: "b", rows: rows(6, "b") }),
      { "/action/sections": "at most 10 rows in all sections together, got 11" },
    ],
    [list({ rows: [] }), { [ROWS]: "at least 1 row, got 0" }],
    [list({ title: "", rows: rows(1) }), {}],
    [list({ title: characters(24), rows: rows(1) }), {}],
    [
      list({ title: characters(25), rows: rows(1) }),
      { "/action/sections/0/title": "at most 24 characters, got 25" },
    ],
    [
      list(
        { title: "", rows: rows(1, "a") },
        { rows: rows(1, "b") },
        { title: "c", rows: rows(1) },
      ),
      {
        "/action/sections/0/title": "is required where there is more than one section",
        "/action/sections/1/title": "is required where there is more than one section",
      },
    ],
    [
      list({ title: "a", rows: [row("x")] }, { title: "b", rows: [row("y"), row("x")] }),
      { "/action/sections/1/rows/1/id": "must differ from every other row's" },
    ],
    [
      list({ rows: [{ ...row(characters(200), characters(24)), description: characters(72) }] }),
      {},
    ],
    [list({ rows: [{ ...row("x"), description: "" }] }), {}],
    [
      list({ rows: [{ ...row(characters(201), characters(25)), description: characters(73) }] }),
      {
        [`${ROWS}/0/id`]: "at most 200 characters, got 201",
        [`${ROWS}/0/title`]: "at most 24 characters, got 25",
        [`${ROWS}/0/description`]: "at most 72 characters, got 73",
      },
    ],
    [
      list({ rows: [row("", "")] }),
      {
        [`${ROWS}/0/id`]: "at least 1 character, got 0",
        [`${ROWS}/0/title`]: "at least 1 character, got 0",
      },
    ],
    [list({ rows: [{}] }), { [`${ROWS}/0/id`]: "is required", [`${ROWS}/0/title`]: "is required" }],
    [list({}), { [ROWS]: "is required" }],
    [list([]), { "/action/sections/0": "must be an object, got an array" }],
    [{ ...oneRow, action: undefined }, { "/action": "is required" }],
    [
      { ...oneRow, header: { type: "image", image: { id: "1" }, text: "a" } },
      { "/header/type": 'must be "text", got "image"' },
    ],
  ])("is checked, case %#", (content, errors) => {
    expect(errorsOf(content)).toEqual(errors);
  });
});

it("counts more than 10 sections and more than 10 rows apart", () => {
  const sections = Array.from({ length: 11 }, (_, n) => ({ title: "t", rows: rows(1, `${n}`) }));
  expect(contentErrors("interactive", list(...sections)).map(({ detail }) => detail)).toEqual([
    "at most 10 sections, got 11",
    "at most 10 rows in all sections together, got 11",
  ]);
});

describe("cta_url", () => {
  const withParameters = (parameters: object) => ({
    ...ctaUrl,
    action: { ...ctaUrl.action, parameters: { ...ctaUrl.action.parameters, ...parameters } },
  });
  const NO_ADDRESS = "must be an absolute address, such as https://example.com/order";
  const TEXT = "/action/parameters/display_text";
  const URL = "/action/parameters/url";

  it.each([
    [withParameters({ display_text: characters(20) }), {}],
    [withParameters({ display_text: characters(21) }), { [TEXT]: "at most 20 characters, got 21" }],
    [withParameters({ display_text: "" }), { [TEXT]: "at least 1 character, got 0" }],
    [withParameters({ url: "http://example.com" }), {}],
    [withParameters({ url: "example.com" }), { [URL]: NO_ADDRESS }],
    [withParameters({ url: "javascript:alert(1)" }), { [URL]: NO_ADDRESS }],
    [withParameters({ url: undefined }), { [URL]: "is required" }],
    [
      { ...ctaUrl, action: {} },
      { "/action/name": "is required", "/action/parameters": "is required" },
    ],
    [
      { ...ctaUrl, action: { ...ctaUrl.action, name: "open" } },
      { "/action/name": 'must be "cta_url", got "open"' },
    ],
  ])("is checked, case %#", (content, errors) => {
    expect(errorsOf(content)).toEqual(errors);
  });
});

it.each([
  [{ ...locationRequest, action: undefined }, { "/action": "is required" }],
  [{ ...locationRequest, action: {} }, { "/action/name": "is required" }],
  [
    { ...locationRequest, action: { name: "x" } },
    { "/action/name": 'must be "send_location", got "x"' },
  ],
])("checks a request for a location, case %#", (content, errors) => {
  expect(errorsOf(content)).toEqual(errors);
});
