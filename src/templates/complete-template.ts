/** From the short form of a template to Meta's. */
import type { FieldError } from "../http/problem.ts";
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import { templateKey } from "./known-template.ts";
import { findTemplate, templateRegistry } from "./registry.ts";
import type { TemplateDefinition } from "./template-definition.ts";
import { templateParameterProblems } from "./template-parameter-text.ts";

export type CompleteTemplateResult =
  | { ok: true; template: JsonObject }
  | { ok: false; errors: FieldError[] };

/**
 * Turns `params: {name: …}` into Meta's `components` by the registry's names of the parameters; a
 * template without `params` passes as it is. `at` is where the template stands in the request. The
 * errors quote the template's text, so that the caller sees what belongs where.
 */
export function completeTemplate(
  template: JsonObject,
  at: readonly string[] = ["template"],
): CompleteTemplateResult {
  const { params, ...rest } = template;
  if (params === undefined) return { ok: true, template };
  if (template["components"] !== undefined) {
    return refuse([...at, "params"], 'give either "params" or "components", not both');
  }
  if (!isJsonObject(params)) {
    return refuse([...at, "params"], "must be an object of parameter names and their texts");
  }
  const { name, language } = templateKey(template);
  const definition = findTemplate(name, language);
  if (definition === null) {
    const known = templateRegistry.map((entry) => `${entry.name} (${entry.language})`).join(", ");
    const detail = `"params" works for ${known}; send "components" for any other template`;
    return refuse([...at, "name"], detail);
  }
  const errors = paramsErrors(definition, params, [...at, "params"]);
  if (errors.length > 0) return { ok: false, errors };
  const parameters = definition.parameters.map((parameter) => ({
    type: "text",
    text: params[parameter.name],
  }));
  const components = [{ type: "body", parameters }];
  const withLanguage = { language: { code: language }, ...rest };
  return { ok: true, template: { ...withLanguage, components } };
}

function paramsErrors(
  definition: TemplateDefinition,
  params: JsonObject,
  at: readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  const complain = (name: string, detail: string): void => {
    const pointer = jsonPointer([...at, name]);
    errors.push({ pointer, detail: `${detail}. The template reads: ${definition.body}` });
  };
  const names = definition.parameters.map((parameter) => parameter.name);
  for (const { name, meaning } of definition.parameters) {
    const text = Object.hasOwn(params, name) ? params[name] : undefined;
    if (text === undefined) complain(name, `is required: ${meaning}`);
    else if (typeof text !== "string") complain(name, "must be text");
    else for (const problem of templateParameterProblems(text)) complain(name, problem);
  }
  for (const name of Object.keys(params)) {
    if (!names.includes(name)) complain(name, `is unknown: the parameters are ${names.join(", ")}`);
  }
  return errors;
}

function refuse(path: readonly string[], detail: string): CompleteTemplateResult {
  return { ok: false, errors: [{ pointer: jsonPointer(path), detail }] };
}
