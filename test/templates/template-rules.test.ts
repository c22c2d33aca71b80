import { describe, expect, it } from "vitest";
import type { TemplateDefinition } from "../../src/templates/definition.ts";
import { templateRegistry } from "../../src/templates/registry.ts";
import { templateProblems } from "../../src/templates/rules.ts";

const good: TemplateDefinition = {
  name: "a_1",
  language: "es_MX",
  category: "UTILITY",
  body: "Hola de nuevo, ya viene {{1}}, {{2}}.",
  parameters: [
    { name: "name", meaning: "the first name", example: "Ana" },
    { name: "pet_2", meaning: "the pet", example: "Luna" },
  ],
};

const [, pet] = good.parameters;
const bodyOf = (body: string, parameters = good.parameters) => ({ ...good, body, parameters });
const withParameter = (change: object) => ({
  ...good,
  parameters: good.parameters.map((parameter) =>
    parameter === pet ? { ...parameter, ...change } : parameter,
  ),
});

describe("templateProblems", () => {
  it.each(templateRegistry)("finds none in the registry's $name", (definition) => {
    expect(templateProblems(definition)).toEqual([]);
  });

  it.each<[string, TemplateDefinition]>([
    ["two variables", good],
    ["no variables", bodyOf("Hola", [])],
    ["1024 characters", bodyOf("🐕".repeat(1024), [])],
    ["a name of 512 characters", { ...good, name: "a".repeat(512) }],
    ["a language without country", { ...good, language: "fil" }],
  ])("takes %s", (_case, definition) => {
    expect(templateProblems(definition)).toEqual([]);
  });

  it.each<[TemplateDefinition, string]>([
    [{ ...good, name: "" }, "name: must be 1 to 512"],
    [{ ...good, name: "Cita" }, "name: must be 1 to 512"],
    [{ ...good, name: "a".repeat(513) }, "name: must be 1 to 512"],
    [{ ...good, language: "es-MX" }, "language: must be a code"],
    [bodyOf(" \n", []), "body: must not be empty"],
    [bodyOf("🐕".repeat(1025), []), "body: at most 1024 characters, got 1025"],
    [bodyOf("{{1}}, ya viene {{2}} otra vez hoy."), "body: must not begin with a variable"],
    [bodyOf("Hola de nuevo, ya viene {{1}}, {{2}} "), "body: must not end with a variable"],
    [bodyOf("Hola de nuevo, ya viene {{1}}, {{2}} {name}."), "body: braces are for variables only"],
    [
      bodyOf("Hola de nuevo, ya viene {{1}}, {{ 2 }}.", good.parameters.slice(0, 1)),
      "body: braces",
    ],
    [
      bodyOf("Hola de nuevo, ya viene {{2}}, {{1}}."),
      "body: variables must be {{1}}, {{2}} … in this order, got 2, 1",
    ],
    [bodyOf("Hola de nuevo, ya viene {{0}}, {{1}}."), "in this order, got 0, 1"],
    [bodyOf("Hola de nuevo, ya viene {{1}}, {{3}}."), "in this order, got 1, 3"],
    [bodyOf("Hola de nuevo, ya viene {{1}}."), "parameters: one for each of 1 variables, got 2"],
    [
      bodyOf("Hola {{1}} y {{2}}, adiós."),
      "body: too many variables for its length: 5 words beside them, got 3",
    ],
    [withParameter({ example: " " }), "parameter 2: example must not be empty"],
    [withParameter({ example: "a\nb" }), "parameter 2: example must not contain a newline"],
    [withParameter({ name: "Pet" }), "parameter 2: name must be a lower-case word"],
    [withParameter({ name: "name" }), "parameter 2: name must differ from every other"],
    [withParameter({ meaning: "" }), "parameter 2: meaning must say what belongs there"],
  ])("refuses case %#", (definition, problem) => {
    expect(templateProblems(definition)).toEqual([expect.stringContaining(problem)]);
  });
});
