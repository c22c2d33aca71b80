import type { GraphError } from "../graph/graph-error.ts";
import { graphError } from "../graph/graph-error.ts";
import type { Parameter } from "../graph/parameter.ts";
import type { HeaderFormat, Template } from "./template.ts";
import { bodyText, buttonsOf, headerOf, variableCount, variablesIn } from "./template.ts";
import type { TemplateRegistry } from "./template-registry.ts";

const NAME_MAX_CHARACTERS = 512;
const COMPONENTS_MAX = 12;
const PARAMETERS_MAX = 100;
const PARAMETER_MAX_CHARACTERS = 1024;

const FORBIDDEN_IN_PARAMETER = /[\n\t]| {5,}/;

const PARAMETER_TYPE: Readonly<Record<HeaderFormat, string>> = {
  TEXT: "text",
  IMAGE: "image",
  VIDEO: "video",
  DOCUMENT: "document",
  LOCATION: "location",
};

export type TemplateMessage =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly error: GraphError };

/** Checks the `template` object of a message against the template that it names. */
export function readTemplateMessage(
  message: Parameter,
  registry: TemplateRegistry,
): TemplateMessage {
  const name = message.field("name").text({ most: NAME_MAX_CHARACTERS });
  const language = message.field("language").field("code").text({ most: NAME_MAX_CHARACTERS });
  if (message.refusal !== null) return { ok: false, error: message.refusal };
  const template = registry.find(name, language);
  if (template === undefined) return { ok: false, error: unknownTemplate(name, language) };
  const unsendable = statusRefusal(template);
  if (unsendable !== null) return { ok: false, error: unsendable };

  const components = message.field("components");
  checkComponents(message, template, components.given ? components.list(0, COMPONENTS_MAX) : []);
  return message.refusal === null ? { ok: true, template } : { ok: false, error: message.refusal };
}

function unknownTemplate(name: string, language: string): GraphError {
  return graphError(132001, `template name (${name}) does not exist in ${language}`);
}

function statusRefusal(template: Template): GraphError | null {
  switch (template.status) {
    case "APPROVED":
      return null;
    case "PENDING":
    case "REJECTED":
      return unknownTemplate(template.name, template.language);
    case "PAUSED":
      return graphError(132015, `template (${template.name}) is paused due to low quality`);
    case "DISABLED":
      return graphError(132016, `template (${template.name}) is disabled due to low quality`);
  }
}

function checkComponents(
  message: Parameter,
  template: Template,
  components: readonly Parameter[],
): void {
  const parameters: Record<"header" | "body", Parameter[]> = { header: [], body: [] };
  const buttonIndexes = new Set<number>();
  for (const component of components) {
    const type = component.field("type").oneOfInAnyCase(["header", "body", "button"]);
    const given = component.field("parameters").list(0, PARAMETERS_MAX);
    if (type === "button") buttonIndexes.add(checkButton(component, given, template));
    else if (type !== undefined) parameters[type].push(...given);
  }

  checkCount(message, "body", parameters.body.length, variableCount(bodyText(template)));
  for (const parameter of parameters.body) checkTextParameter(parameter);
  checkNames(parameters.body, bodyText(template), template);
  checkHeader(message, parameters.header, template);
  for (const [index, button] of buttonsOf(template).entries()) {
    if (variableCount(button.url ?? "") > 0 && !buttonIndexes.has(index)) {
      message.refuse(
        graphError(131008, `Button at index ${index} of type Url requires a parameter`),
      );
    }
  }
}

function checkCount(
  message: Parameter,
  component: "header" | "body",
  given: number,
  expected: number,
): void {
  if (given === expected) return;
  message.refuse(
    graphError(
      132000,
      `${component}: number of localizable_params (${given}) does not match the expected number of params (${expected})`,
    ),
  );
}

/** A named template's parameters say which they are, each once. */
function checkNames(
  parameters: readonly Parameter[],
  text: string,
  { parameter_format: format }: Template,
): void {
  if (format !== "NAMED") return;
  const names = parameters.map((parameter) => parameter.field("parameter_name").word);
  for (const [place, parameter] of parameters.entries()) {
    if (names[place] === "") {
      parameter.refuse(graphError(100, `${parameter.path}: Parameter name is missing or empty`));
    }
  }
  const missing = variablesIn(text).find((variable) => !names.includes(variable));
  if (missing !== undefined) {
    parameters[0]?.refuse(graphError(132000, `The parameter ${missing} is missing`));
  }
}

function checkHeader(
  message: Parameter,
  parameters: readonly Parameter[],
  template: Template,
): void {
  const header = headerOf(template);
  const expected = header === null ? 0 : header.format === "TEXT" ? variableCount(header.text) : 1;
  checkCount(message, "header", parameters.length, expected);
  for (const parameter of parameters) {
    const type = PARAMETER_TYPE[header?.format ?? "TEXT"];
    if (type === "text") checkTextParameter(parameter);
    else if (parameter.field("type").value !== type) refuseFormat(parameter, type);
    else checkMedia(parameter.field(type), type);
  }
  if (header?.format === "TEXT") checkNames(parameters, header.text, template);
}

function checkMedia(media: Parameter, type: string): void {
  if (media.object() === null || type === "location") return;
  if (media.field("id").given || media.field("link").given) return;
  media.refuse(graphError(131008, `${media.path}: id or link is required`));
}

function checkTextParameter(parameter: Parameter): void {
  const type = parameter.field("type").value;
  if (type === "currency" || type === "date_time") {
    parameter.field(type).field("fallback_value").text({ most: PARAMETER_MAX_CHARACTERS });
    return;
  }
  if (type !== "text") {
    refuseFormat(parameter, "text");
    return;
  }
  const text = parameter.field("text").text({ most: PARAMETER_MAX_CHARACTERS });
  if (FORBIDDEN_IN_PARAMETER.test(text)) {
    parameter.refuse(
      graphError(
        132018,
        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
      ),
    );
  }
}

function refuseFormat(parameter: Parameter, expected: string): void {
  parameter.refuse(graphError(132012, `${parameter.path}: Format mismatch, expected ${expected}`));
}

/** The index of the template's button that the component is for. */
function checkButton(
  component: Parameter,
  given: readonly Parameter[],
  template: Template,
): number {
  const subType = component
    .field("sub_type")
    .oneOfInAnyCase(["quick_reply", "url", "copy_code", "flow"]);
  const index = Number(component.field("index").value);
  const button = buttonsOf(template)[index];
  if (button === undefined) {
    component.refuse(graphError(132000, `${component.path}: the template has no such button`));
  } else if (subType === "url" && variableCount(button.url ?? "") === 0) {
    component.refuse(graphError(132018, `${component.path}: this button takes no parameters`));
  }
  for (const parameter of given) {
    const type = parameter.field("type").oneOf(["payload", "text", "coupon_code", "action"]);
    if (type === "payload" || type === "text") {
      parameter.field(type).text({ most: PARAMETER_MAX_CHARACTERS });
    }
  }
  return index;
}
