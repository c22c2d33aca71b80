import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { parameterErrors } from "../../src/templates/check.ts";
import type { KnownTemplate } from "../../src/templates/known.ts";
import {
  addressEnd,
  body,
  header,
  knownBySync,
  NAMED,
  pdf,
  RICH,
  text,
  withComponents,
} from "./known-templates.ts";

const rich = knownBySync(RICH);
const named = knownBySync(NAMED);
const plain = knownBySync([{ type: "BODY", text: "Gracias por tu visita." }]);
const richBody = body(text("Luna"), text("lunes"));
const end = addressEnd("1", text("r/8"));

const READS = ". The template reads: Resultado de {{1}} del {{2}}, por ahora.\nPet-Friendly";

function errorsOf(known: KnownTemplate | null, ...components: JsonObject[]) {
  const errors = parameterErrors(withComponents(...components), known, ["template"]);
  return errors.map(({ pointer, detail }) => [pointer, detail]);
}

describe("what a template to send may have", () => {
  it.each<[string, KnownTemplate | null, JsonObject[]]>([
    ["all that it needs", rich, [header(pdf), richBody, end]],
    ["components in Meta's capitals", rich, [{ ...header(pdf), type: "HEADER" }, richBody, end]],
    ["an index that is a number", rich, [header(pdf), richBody, addressEnd(1, text("r/8"))]],
    [
      "a file by Meta's id",
      rich,
      [header({ type: "document", document: { id: "1" } }), richBody, end],
    ],
    [
      "currencies and dates",
      rich,
      [
        header(pdf),
        body(
          { type: "currency", currency: { fallback_value: "$10" } },
          { type: "date_time", date_time: { fallback_value: "lunes" } },
        ),
        end,
      ],
    ],
    [
      "buttons and components of other kinds, untouched",
      rich,
      [
        header(pdf),
        richBody,
        end,
        {
          type: "button",
          sub_type: "copy_code",
          index: "3",
          parameters: [{ type: "coupon_code" }],
        },
        { type: "button", sub_type: "flow", index: "9", parameters: [{ type: "action" }] },
        { type: "button", sub_type: "order_details", index: 0, parameters: [{ type: "action" }] },
        { type: "carousel", cards: [{ card_index: 0, components: [] }] },
        { type: "limited_time_offer", parameters: [{ type: "limited_time_offer" }] },
      ],
    ],
    ["nothing where it needs nothing", plain, []],
    ["empty components where it needs nothing", plain, [header(), body()]],
    [
      "named parameters in any order",
      named,
      [header(text("Luna", "pet")), body(text("Luna", "pet"), text("Ana", "first_name"))],
    ],
    ["positions as names", rich, [header(pdf), body(text("Luna", "1"), text("lunes", "2")), end]],
    ["anything for one that nobody told of", null, [body(text("a"), pdf), addressEnd("7")]],
  ])("is %s", (_what, known, components) => {
    expect(errorsOf(known, ...components)).toEqual([]);
  });

  it("is whatever Meta takes where a header has a format that nobody knows", () => {
    const gif = knownBySync([
      { type: "HEADER", format: "GIF" },
      { type: "BODY", text: "Hola" },
    ]);
    expect(errorsOf(gif, header({ type: "gif", gif: { id: "1" } }))).toEqual([]);
  });

  it("is a place in a location header", () => {
    const place = knownBySync([{ type: "HEADER", format: "LOCATION" }]);
    const location = { type: "location", location: { latitude: "21", longitude: "-86" } };
    expect(errorsOf(place, header(location))).toEqual([]);
    expect(errorsOf(place, header(pdf))).toHaveLength(1);
  });

  it("is any header and button where a webhook told the texts alone", () => {
    const edited = { ...plain, isWhole: false };
    expect(errorsOf(edited, header(pdf), addressEnd("0", text("x")))).toEqual([]);
    expect(errorsOf(edited, body(text("Ana")))).toHaveLength(1);
  });
});

describe("a wrong parameter", () => {
  const COMPONENTS = "/template/components";

  it.each<[string, JsonObject[], string, string]>([
    [
      "too few in the body",
      [header(pdf), body(text("Luna")), end],
      COMPONENTS,
      `needs 2 parameters in its body ({{1}}, {{2}}), got 1${READS}`,
    ],
    ["no body", [header(pdf), end], COMPONENTS, "needs 2 parameters in its body"],
    [
      "too many in two bodies",
      [header(pdf), richBody, body(text("x")), end],
      COMPONENTS,
      "needs 2 parameters in its body ({{1}}, {{2}}), got 3",
    ],
    [
      "a file in the body",
      [header(pdf), body(text("Luna"), pdf), end],
      `${COMPONENTS}/1/parameters/1`,
      'must be text here, got a parameter of type "document"',
    ],
    [
      "a name in a numbered body",
      [header(pdf), body(text("Luna", "pet"), text("lunes")), end],
      `${COMPONENTS}/1/parameters/0/parameter_name`,
      "must be left out, for the template's variables are numbered",
    ],
    [
      "a newline",
      [header(pdf), body(text("Lu\nna"), text("lunes")), end],
      `${COMPONENTS}/1/parameters/0/text`,
      "must not contain a newline or a tab",
    ],
    [
      "no header",
      [richBody, end],
      COMPONENTS,
      'needs one parameter of type "document" in its header, got 0',
    ],
    [
      "two headers",
      [header(pdf, pdf), richBody, end],
      COMPONENTS,
      'needs one parameter of type "document" in its header, got 2',
    ],
    [
      "an image where a document belongs",
      [header({ type: "image", image: { id: "1" } }), richBody, end],
      `${COMPONENTS}/0/parameters/0`,
      'must be of type "document"',
    ],
    [
      "a file that is nowhere",
      [header({ type: "document", document: { filename: "r.pdf" } }), richBody, end],
      `${COMPONENTS}/0/parameters/0/document`,
      'must name its file by "id", "link" or "media_id"',
    ],
    [
      "no end of an address",
      [header(pdf), richBody],
      COMPONENTS,
      'for the end of the button "Ver", https://petfriendlyvet.com/{{1}}',
    ],
    [
      "an empty end of an address",
      [header(pdf), richBody, addressEnd("1")],
      `${COMPONENTS}/2/parameters`,
      'needs one text, the end of the button "Ver"',
    ],
    [
      "an end for a fixed address",
      [header(pdf), richBody, end, addressEnd("2", text("x"))],
      `${COMPONENTS}/3`,
      'the button "Inicio" takes no end of an address',
    ],
    [
      "an end for a quick reply",
      [header(pdf), richBody, end, addressEnd("0", text("x"))],
      `${COMPONENTS}/3`,
      'the button "Gracias" takes no end of an address',
    ],
    [
      "an end for a button it has not",
      [header(pdf), richBody, end, addressEnd("4", text("x"))],
      `${COMPONENTS}/3/index`,
      "must be the index of one of the template's 4 buttons, from 0",
    ],
    [
      "an end for no button",
      [header(pdf), richBody, end, addressEnd(null, text("x"))],
      `${COMPONENTS}/3/index`,
      "must be the index",
    ],
  ])("%s is refused, and the template quoted", (_what, components, pointer, detail) => {
    const errors = errorsOf(rich, ...components);
    expect(errors).toEqual([[pointer, expect.stringContaining(detail)]]);
    expect(errors[0]?.[1]).toContain(READS);
  });

  it.each<[string, JsonObject[], string, string]>([
    [
      "no name",
      [header(text("Luna", "pet")), body(text("Ana"), text("Luna", "pet"))],
      `${COMPONENTS}/1/parameters/0/parameter_name`,
      "is required, for the template's variables are named: one of first_name, pet",
    ],
    [
      "another name",
      [header(text("Luna", "pet")), body(text("Ana", "name"), text("Luna", "pet"))],
      `${COMPONENTS}/1/parameters/0/parameter_name`,
      "must be one of first_name, pet",
    ],
    [
      "a name twice",
      [header(text("Luna", "pet")), body(text("Ana", "pet"), text("Luna", "pet"))],
      `${COMPONENTS}/1/parameters/1/parameter_name`,
      '"pet" is given twice',
    ],
    [
      "no header's text",
      [body(text("Ana", "first_name"), text("Luna", "pet"))],
      COMPONENTS,
      "needs 1 parameter in its header ({{pet}}), got 0",
    ],
  ])("%s is refused where variables are named", (_what, components, pointer, detail) => {
    expect(errorsOf(named, ...components)).toEqual([[pointer, expect.stringContaining(detail)]]);
  });

  it("of a template without variables or header is refused", () => {
    expect(errorsOf(plain, header(pdf), body(text("Ana")))).toEqual([
      [COMPONENTS, expect.stringContaining("needs 0 parameters in its body, got 1")],
      [COMPONENTS, expect.stringContaining("needs 0 parameters in its header, got 1")],
    ]);
  });

  it("with a forbidden character is refused even where nobody told of the template", () => {
    expect(
      errorsOf(null, body(text("a\tb")), { type: "carousel", parameters: [text(" ")] }),
    ).toEqual([
      [`${COMPONENTS}/0/parameters/0/text`, expect.stringMatching(/^must not contain .* spaces$/)],
      [`${COMPONENTS}/1/parameters/0/text`, expect.stringContaining("must not be empty")],
    ]);
  });

  test.prop([fc.jsonValue(), fc.jsonValue()])("never throws, whatever it is", (given, defined) => {
    const template = JSON.parse(JSON.stringify({ components: given }));
    const known = knownBySync(JSON.parse(JSON.stringify([defined, { type: "BODY", text: "a" }])));
    expect(Array.isArray(parameterErrors(template, known, []))).toBe(true);
  });
});
