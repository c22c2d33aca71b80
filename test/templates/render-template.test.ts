import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { renderTemplate } from "../../src/templates/render.ts";

const orderReady = (...parameters: JsonObject[]): JsonObject => ({
  name: "order_ready",
  language: { code: "es_MX" },
  components: [{ type: "header" }, { type: "body", parameters }],
});
const text = (value: string): JsonObject => ({ type: "text", text: value });

describe("renderTemplate", () => {
  it.each<[string, JsonObject, string]>([
    [
      "the parameters in the text",
      orderReady(text("Ana"), text("1042")),
      "Hola Ana, tu pedido #1042 está listo para recoger en Pet-Friendly. Horario: Mar-Dom 9am-8pm.",
    ],
    [
      "the fallback of a currency",
      orderReady(text("Ana"), { type: "currency", currency: { fallback_value: "$10" } }),
      "Hola Ana, tu pedido #$10 está listo",
    ],
    [
      "no parameter as a variable of its own",
      orderReady(text("{{2}}$1"), text("$&")),
      "Hola {{2}}$1, tu pedido #$& está listo",
    ],
    ["variables without parameter", orderReady(text("Ana")), "Hola Ana, tu pedido #{{2}} está"],
    [
      "variables with an unreadable parameter",
      orderReady({}, { type: "payload" }),
      "Hola {{1}}, tu pedido #{{2}} está",
    ],
    [
      "variables without components",
      { name: "order_ready", language: { code: "es_MX" } },
      "Hola {{1}}, tu",
    ],
    [
      "another language by name",
      { name: "order_ready", language: { code: "en" } },
      "[Plantilla: order_ready]",
    ],
    ["no language as Mexican Spanish", { name: "order_ready" }, "Hola {{1}}, tu pedido"],
    ["another template by name", { name: "oferta" }, "[Plantilla: oferta]"],
    ["one without name", {}, "[Plantilla]"],
  ])("shows %s", (_case, template, expected) => {
    expect(renderTemplate(template)).toContain(expected);
  });

  test.prop([fc.constantFrom("order_ready", "x"), fc.jsonValue(), fc.jsonValue()])(
    "never throws, whatever the components",
    (name, language, components) => {
      const template = JSON.parse(JSON.stringify({ name, language, components }));
      expect(renderTemplate(template)).not.toBe("");
    },
  );
});
