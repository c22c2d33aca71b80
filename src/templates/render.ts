/** A template message as the customer reads it. */
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { knownTemplate, type KnownTemplate, TEMPLATE_VARIABLE, templateKey } from "./known.ts";

/**
 * The display text of a template in Meta's shape, as sent: the header's text, the body and the footer
 * with their parameters, each on its own line; `[Plantilla: name]` if the text is unknown. A variable
 * without a parameter stays as `{{3}}`.
 *
 * @param known by default the registry's
 */
export function renderTemplate(
  template: JsonObject,
  known: KnownTemplate | null = knownTemplate(templateKey(template), null),
): string {
  const name = textMember(template, "name");
  if (name === null) return "[Plantilla]";
  if (known === null || known.parts.body === null) return `[Plantilla: ${name}]`;
  return templateText(known, (place) => sentParameters(template, place));
}

/** The template's text; without `parametersOf`, with its variables in it. */
export function templateText(
  { parts }: KnownTemplate,
  parametersOf: (place: "header" | "body") => readonly JsonObject[] = () => [],
): string {
  const header = parts.header?.text ?? null;
  return [
    header === null ? null : filled(header, parametersOf("header")),
    parts.body === null ? null : filled(parts.body, parametersOf("body")),
    parts.footer,
  ]
    .filter((line) => line !== null)
    .join("\n");
}

/** One part of the template's text with the parameters that a template in Meta's shape gives it. */
export function filledPart(template: JsonObject, place: "header" | "body", text: string): string {
  return filled(text, sentParameters(template, place));
}

/** The parameters of all components of this type, in Meta's shape. */
function sentParameters(template: JsonObject, place: string): readonly JsonObject[] {
  return objectsMember(template, "components")
    .filter((component) => textMember(component, "type")?.toLowerCase() === place)
    .flatMap((component) => objectsMember(component, "parameters"));
}

function filled(text: string, parameters: readonly JsonObject[]): string {
  return text.replace(TEMPLATE_VARIABLE, (variable, name: string) => {
    const parameter =
      parameters.find((each) => textMember(each, "parameter_name") === name) ??
      parameters[Number(name) - 1];
    return (parameter && parameterText(parameter)) ?? variable;
  });
}

// Currencies and dates have the text to show in a member named after their type.
function parameterText(parameter: JsonObject): string | null {
  const text = textMember(parameter, "text");
  if (text !== null) return text;
  const localized = objectMember(parameter, textMember(parameter, "type") ?? "");
  return textMember(localized, "fallback_value");
}
