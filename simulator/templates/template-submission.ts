import type { GraphError } from "../graph/graph-error.ts";
import { graphError } from "../graph/graph-error.ts";
import { Parameter } from "../graph/parameter.ts";
import type { TemplateComponent, TemplateSeed } from "./template.ts";
import { variableCount } from "./template.ts";

const NAME = /^[a-z0-9_]{1,512}$/;
const NAME_MAX_CHARACTERS = 512;
const LANGUAGE = /^[a-z]{2,3}(_[A-Z]{2,3})?$/;
const LANGUAGE_MAX_CHARACTERS = 7;
const BODY_MAX_CHARACTERS = 1024;
const HEADER_MAX_CHARACTERS = 60;
const FOOTER_MAX_CHARACTERS = 60;
const BUTTON_TEXT_MAX_CHARACTERS = 25;
const BUTTONS_MAX = 10;
const COMPONENTS_MAX = 4;

const EDGE_VARIABLE_SUBCODE = 2388299;
const TOO_MANY_VARIABLES_SUBCODE = 2388293;
const MISSING_EXAMPLE_SUBCODE = 2388043;

const VARIABLE_AT_AN_EDGE = /^\s*\{\{\d+\}\}|\{\{\d+\}\}\s*$/;
const ANY_VARIABLE = /\{\{\d+\}\}/g;

export type Submission =
  | { readonly ok: true; readonly seed: TemplateSeed }
  | { readonly ok: false; readonly error: GraphError };

/** Meta's rules for `POST /{waba}/message_templates`. */
export function readSubmission(body: unknown): Submission {
  const parameter = new Parameter(body);
  const name = parameter.field("name").text({ most: NAME_MAX_CHARACTERS });
  if (!NAME.test(name)) {
    parameter.refuse(
      graphError(100, "name can only have lowercase letters, digits and underscores"),
    );
  }
  const language = parameter.field("language").text({ most: LANGUAGE_MAX_CHARACTERS });
  if (!LANGUAGE.test(language)) {
    parameter.refuse(graphError(100, `Language ${language} is not available`));
  }
  const category = parameter.field("category").oneOf(["UTILITY", "MARKETING", "AUTHENTICATION"]);
  const format = parameter.field("parameter_format");
  if (format.given) format.oneOf(["positional", "POSITIONAL"]);

  const components = parameter.field("components");
  for (const component of components.list(1, COMPONENTS_MAX)) checkComponent(component);
  if (parameter.refusal !== null) return { ok: false, error: parameter.refusal };
  if (!areComponents(components.value) || category === undefined) {
    return { ok: false, error: graphError(131008, "components must include a BODY") };
  }
  const seed = {
    name,
    language,
    category,
    status: "PENDING",
    components: components.value,
  } as const;
  return { ok: true, seed };
}

/** Each component has been checked before; what is left is that there is a body among them. */
function areComponents(components: unknown): components is readonly TemplateComponent[] {
  return (
    Array.isArray(components) &&
    components.some((component) => new Parameter(component).field("type").value === "BODY")
  );
}

function checkComponent(component: Parameter): void {
  const type = component.field("type").oneOf(["BODY", "HEADER", "FOOTER", "BUTTONS"]);
  switch (type) {
    case "BODY":
      checkVariableText(component, "body_text", BODY_MAX_CHARACTERS);
      break;
    case "HEADER":
      checkHeader(component);
      break;
    case "FOOTER":
      component.field("text").text({ most: FOOTER_MAX_CHARACTERS });
      break;
    case "BUTTONS":
      for (const button of component.field("buttons").list(1, BUTTONS_MAX)) {
        button.field("type").oneOf(["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"]);
        button.field("text").text({ most: BUTTON_TEXT_MAX_CHARACTERS });
      }
      break;
    case undefined:
      break;
  }
}

function checkHeader(header: Parameter): void {
  const format = header.field("format").oneOf(["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]);
  if (format === "TEXT") checkVariableText(header, "header_text", HEADER_MAX_CHARACTERS);
}

function checkVariableText(
  component: Parameter,
  exampleName: "body_text" | "header_text",
  most: number,
): void {
  const text = component.field("text").text({ most });
  const count = variableCount(text);
  if (count === 0) return;
  if (exampleName === "body_text") checkVariablePlaces(component, text, count);
  const example = component.field("example").field(exampleName);
  if (!hasExamples(example.value, count)) {
    component.refuse(
      graphError(100, `The template needs ${count} example values in ${example.path}`, {
        subcode: MISSING_EXAMPLE_SUBCODE,
        userTitle: "Message template is missing examples",
      }),
    );
  }
}

function checkVariablePlaces(component: Parameter, text: string, count: number): void {
  if (VARIABLE_AT_AN_EDGE.test(text)) {
    component.refuse(
      graphError(100, "Variables can't be at the start or end of the template.", {
        subcode: EDGE_VARIABLE_SUBCODE,
        userTitle: "Variables can't be at the start or end",
      }),
    );
  }
  // Meta does not publish the ratio; at least two words a variable, and one, is what peers report.
  const words = text.replaceAll(ANY_VARIABLE, " ").match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length < 2 * count + 1) {
    component.refuse(
      graphError(100, "This template has too many variables for its length.", {
        subcode: TOO_MANY_VARIABLES_SUBCODE,
        userTitle: "Too many variables for the message length",
      }),
    );
  }
}

/** `body_text` holds one list per example set, `header_text` the one value itself. */
function hasExamples(example: unknown, count: number): boolean {
  if (!Array.isArray(example)) return false;
  const [first]: unknown[] = example;
  const values: readonly unknown[] = Array.isArray(first) ? first : example;
  return (
    values.length === count &&
    values.every((value) => typeof value === "string" && value.trim() !== "")
  );
}
