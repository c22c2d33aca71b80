import type { GraphError } from "../graph/graph-error.ts";
import { graphError } from "../graph/graph-error.ts";
import { Parameter } from "../graph/parameter.ts";
import type {
  ParameterFormat,
  TemplateCategory,
  TemplateComponent,
  TemplateSeed,
} from "./template.ts";
import { variableCount, variablesIn } from "./template.ts";

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
const PHONE_MAX_CHARACTERS = 20;
const ADDRESS_MAX_CHARACTERS = 2000;
const EXAMPLES_MAX = 100;

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live */
const LIFETIME_SECONDS: Readonly<Record<TemplateCategory, readonly [number, number]>> = {
  AUTHENTICATION: [30, 15 * 60],
  UTILITY: [30, 12 * 60 * 60],
  MARKETING: [12 * 60 * 60, 30 * 24 * 60 * 60],
};

const EDGE_VARIABLE_SUBCODE = 2388299;
const TOO_MANY_VARIABLES_SUBCODE = 2388293;
const MISSING_EXAMPLE_SUBCODE = 2388043;

const VARIABLE_AT_AN_EDGE = /^\s*\{\{\w+\}\}|\{\{\w+\}\}\s*$/;
const ANY_VARIABLE = /\{\{\w+\}\}/g;

const NUMBER = /^\d+$/;
const VARIABLE_NAME = /^[a-z_]+$/;

/** Address of a button with the variable that Meta allows: one, at the end. */
const ADDRESS_WITH_END = /^[^{}]+\{\{1\}\}$/;

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
  const format = formatOf(parameter.field("parameter_format"));

  const lifetime = parameter.field("message_send_ttl_seconds");
  if (lifetime.given && category !== undefined) checkLifetime(lifetime, category);

  const components = parameter.field("components");
  const given = components.list(1, COMPONENTS_MAX);
  for (const component of given) checkComponent(component, format);
  components.unique(given.map((component) => component.field("type").word));
  if (parameter.refusal !== null) return { ok: false, error: parameter.refusal };
  if (!areComponents(components.value) || category === undefined) {
    return { ok: false, error: graphError(131008, "components must include a BODY") };
  }
  const seed = {
    name,
    language,
    category,
    status: "PENDING",
    parameter_format: format,
    ...(lifetime.given ? { message_send_ttl_seconds: Number(lifetime.value) } : {}),
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

function formatOf(format: Parameter): ParameterFormat {
  if (!format.given) return "POSITIONAL";
  const word = format.oneOf(["positional", "POSITIONAL", "named", "NAMED"]);
  return word?.toUpperCase() === "NAMED" ? "NAMED" : "POSITIONAL";
}

/** A number, or -1 for the longest, which marketing does not take. */
function checkLifetime(lifetime: Parameter, category: TemplateCategory): void {
  if (lifetime.value === -1 && category !== "MARKETING") return;
  const [least, most] = LIFETIME_SECONDS[category];
  lifetime.numberBetween(least, most);
}

function checkComponent(component: Parameter, format: ParameterFormat): void {
  const type = component.field("type").oneOf(["BODY", "HEADER", "FOOTER", "BUTTONS"]);
  switch (type) {
    case "BODY":
      checkVariableText(component, "body_text", BODY_MAX_CHARACTERS, format);
      break;
    case "HEADER":
      checkHeader(component, format);
      break;
    case "FOOTER":
      if (variableCount(component.field("text").text({ most: FOOTER_MAX_CHARACTERS })) > 0) {
        component.refuse(graphError(100, "Footers can't have variables."));
      }
      break;
    case "BUTTONS":
      for (const button of component.field("buttons").list(1, BUTTONS_MAX)) checkButton(button);
      break;
    case undefined:
      break;
  }
}

function checkButton(button: Parameter): void {
  const type = button.field("type").oneOf(["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"]);
  button.field("text").text({ most: BUTTON_TEXT_MAX_CHARACTERS });
  if (type === "PHONE_NUMBER") button.field("phone_number").text({ most: PHONE_MAX_CHARACTERS });
  if (type !== "URL") return;
  const url = button.field("url").text({ most: ADDRESS_MAX_CHARACTERS });
  if (variableCount(url) === 0) return;
  if (!ADDRESS_WITH_END.test(url)) {
    button.refuse(graphError(100, "A button's URL may have one variable, at its end."));
  }
  if (!hasExamples(button.field("example").value, 1)) refuseExample(button.field("example"), 1);
}

function checkHeader(header: Parameter, parameterFormat: ParameterFormat): void {
  const format = header.field("format").oneOf(["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"]);
  if (format === "TEXT") {
    checkVariableText(header, "header_text", HEADER_MAX_CHARACTERS, parameterFormat);
    if (variableCount(header.field("text").word) > 1) {
      header.refuse(graphError(100, "A header may have one variable."));
    }
  } else if (format !== "LOCATION") {
    const sample = header.field("example").field("header_handle");
    if (!hasExamples(sample.value, 1)) refuseExample(sample, 1);
  }
}

function checkVariableText(
  component: Parameter,
  exampleName: "body_text" | "header_text",
  most: number,
  format: ParameterFormat,
): void {
  const text = component.field("text").text({ most });
  const variables = variablesIn(text);
  const count = variables.length;
  if (count === 0) return;
  if (exampleName === "body_text") checkVariablePlaces(component, text, count);
  checkVariableNames(component, variables, format);
  const example = component.field("example");
  if (format === "POSITIONAL") {
    const values = example.field(exampleName);
    if (!hasExamples(values.value, count)) refuseExample(values, count);
    return;
  }
  const named = example.field(`${exampleName}_named_params`);
  const examples = Array.isArray(named.value) ? named.list(0, EXAMPLES_MAX) : [];
  const isComplete = variables.every((variable) =>
    examples.some(
      (each) => each.field("param_name").value === variable && each.field("example").word !== "",
    ),
  );
  if (!isComplete) refuseExample(named, count);
}

/** Numbers count from 1 without a gap; names are lower-case words. */
function checkVariableNames(
  component: Parameter,
  variables: readonly string[],
  format: ParameterFormat,
): void {
  const fits =
    format === "NAMED"
      ? variables.every((variable) => VARIABLE_NAME.test(variable))
      : variables.every((variable) => NUMBER.test(variable) && Number(variable) > 0) &&
        variables.every((_, place) => variables.includes(String(place + 1)));
  if (!fits) {
    component.refuse(
      graphError(100, `${component.path}: the variables don't fit the ${format} format`),
    );
  }
}

function refuseExample(example: Parameter, count: number): void {
  example.refuse(
    graphError(100, `The template needs ${count} example values in ${example.path}`, {
      subcode: MISSING_EXAMPLE_SUBCODE,
      userTitle: "Message template is missing examples",
    }),
  );
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
