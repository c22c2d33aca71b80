/** A template message as the customer reads it. */
import { objectMember, textMember, type JsonObject } from "../json.ts";
import { bodyParameters } from "./body-parameters.ts";
import { findTemplate } from "./registry.ts";
import { TEMPLATE_VARIABLE } from "./template-definition.ts";

/**
 * The display text of a template in Meta's shape, as sent: the registry's text with the
 * parameters in it, or `[Plantilla: name]` where the registry has no such text. A variable
 * without a parameter stays as `{{3}}`.
 */
export function renderTemplate(template: JsonObject): string {
  const name = textMember(template, "name");
  if (name === null) return "[Plantilla]";
  const language = textMember(objectMember(template, "language") ?? {}, "code") ?? "";
  const definition = findTemplate(name, language);
  if (definition === null) return `[Plantilla: ${name}]`;
  const texts = bodyParameters(template).map(parameterText);
  return definition.body.replace(
    TEMPLATE_VARIABLE,
    (variable, number: string) => texts[Number(number) - 1] ?? variable,
  );
}

// Currencies and dates carry the text to show under a member of their type's name.
function parameterText(parameter: JsonObject): string | null {
  const text = textMember(parameter, "text");
  if (text !== null) return text;
  const localized = objectMember(parameter, textMember(parameter, "type") ?? "");
  return textMember(localized ?? {}, "fallback_value");
}
