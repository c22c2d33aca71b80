import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { completeTemplate } from "../../src/templates/prepare.ts";
import { templateRegistry } from "../../src/templates/registry.ts";

const language = { code: "es_MX" };
const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
const parameters = Object.values(params).map((text) => ({ type: "text", text }));
const short = { name: "appointment_reminder", language, params };
const long = {
  name: "appointment_reminder",
  language,
  components: [{ type: "body", parameters }],
};
const READS = "The template reads: Hola {{1}}, te recordamos tu cita para {{2}}";

function errorsOf(template: JsonObject, at?: readonly string[]): Record<string, string> {
  const result = completeTemplate(template, at);
  const errors = result.ok ? [] : result.errors;
  return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
}

describe("completeTemplate", () => {
  it("turns the short form into Meta's", () => {
    expect(completeTemplate(short)).toEqual({ ok: true, template: long });
  });

  it("takes the parameters in any order", () => {
    const reversed = Object.fromEntries(Object.entries(params).toReversed());
    expect(completeTemplate({ ...short, params: reversed })).toEqual({ ok: true, template: long });
  });

  it("keeps the members it does not know, and the whole language", () => {
    const more = { namespace: "x", language: { ...language, policy: "deterministic" } };
    expect(completeTemplate({ ...short, ...more })).toEqual({
      ok: true,
      template: { ...long, ...more },
    });
  });

  it("is in Mexican Spanish where no language is named", () => {
    const { language: _language, ...rest } = short;
    expect(completeTemplate(rest)).toEqual({ ok: true, template: long });
  });

  it.each<JsonObject>([
    long,
    { ...long, components: [{ type: "BODY", parameters }] },
    { ...long, components: [{ type: "header", parameters: [] }, ...long.components] },
    { name: "of_another_system", language },
    { name: "appointment_reminder", language: { code: "en_US" }, components: [] },
    {},
  ])("passes Meta's own form: %j", (template) => {
    expect(completeTemplate(template)).toEqual({ ok: true, template });
  });

  it.each(templateRegistry)("completes $name", ({ name, parameters: wanted }) => {
    const examples = Object.fromEntries(wanted.map((entry) => [entry.name, entry.example]));
    expect(completeTemplate({ name, params: examples })).toMatchObject({ ok: true });
  });

  it("names every parameter that is missing, unknown or unfit", () => {
    const errors = errorsOf({ ...short, params: { name: 5, pet: "a\nb", date: "", "pe/t": "x" } });
    expect(errors).toEqual({
      "/template/params/name": expect.stringContaining(`must be text. ${READS}`),
      "/template/params/pet": expect.stringContaining("must not contain a newline or a tab"),
      "/template/params/date": expect.stringContaining("must not be empty"),
      "/template/params/time": expect.stringContaining(
        `is required: the local time of day. ${READS}`,
      ),
      "/template/params/pe~1t": expect.stringContaining(
        `is unknown: the parameters are name, pet, date, time. ${READS}`,
      ),
    });
  });

  it("points below another member where it is told to", () => {
    expect(
      Object.keys(errorsOf({ ...short, params: { ...params, x: "y" } }, ["fallback"])),
    ).toEqual(["/fallback/params/x"]);
  });

  it.each<[JsonObject, string, string]>([
    [{ ...long, params }, "/template/params", 'give either "params" or "components", not both'],
    [
      { ...short, params: ["Ana"] },
      "/template/params",
      "must be an object of parameter names and their texts",
    ],
    [
      { ...short, name: "of_another_system" },
      "/template/name",
      '"params" works for appointment_reminder (es_MX), vaccination_reminder (es_MX), order_ready (es_MX); send "components" for any other template',
    ],
    [{ ...short, language: { code: "en_US" } }, "/template/name", '"params" works for'],
  ])("refuses case %#", (template, pointer, detail) => {
    expect(errorsOf(template)).toEqual({ [pointer]: expect.stringContaining(detail) });
  });

  it("takes no parameter from what every object has", () => {
    const inherited: JsonObject = Object.create({ name: "Ana" });
    expect(errorsOf({ name: "order_ready", language, params: inherited })).toHaveProperty([
      "/template/params/name",
    ]);
  });

  test.prop([fc.constantFrom("order_ready", "x"), fc.jsonValue()])(
    "never throws, whatever the params",
    (name, given) => {
      const template = JSON.parse(JSON.stringify({ name, language, params: given }));
      expect(isJsonObject(template) && completeTemplate(template).ok).toBe(false);
    },
  );
});
