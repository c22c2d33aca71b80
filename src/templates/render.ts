/** A template message as the customer reads it. */
import { type JsonObject, objectMember, objectsMember, textMember } from "../lib/json.ts";
import { knownTemplate, type KnownTemplate, TEMPLATE_VARIABLE, templateKey } from "./known.ts";

/**
 * The display text of a template in Meta's shape, as sent: its header's text, its body and its
 * footer with the parameters in them, each on a line of its own, or `[Plantilla: name]` where nobody
 * told the text. A variable without a parameter stays as `{{3}}`.
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

/** The template's own text, with its variables in it. */
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

/** The parameters of all components of that type, in Meta's shape. */
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

// Currencies and dates carry the text to show under a member of their type's name.
function parameterText(parameter: JsonObject): string | null {
  const text = textMember(parameter, "text");
  if (text !== null) return text;
  const localized = objectMember(parameter, textMember(parameter, "type") ?? "");
  return textMember(localized ?? {}, "fallback_value");
}
