/** Meta's `components` of a template, taken apart. */
import { isJsonObject, objectsMember, textMember, type JsonObject } from "../json/json.ts";

/**
 * What the customer sees of a template, with its variables still in it.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 */
export type TemplateParts = {
  /** Null where it has none; `text` only where the format is `TEXT`. */
  header: { format: string; text: string | null } | null;
  body: string | null;
  footer: string | null;
  /** Meta's button objects, in the order that gives them their index. */
  buttons: readonly JsonObject[];
};

/** A variable in a template's text: a number, or a name where the format is `NAMED`. */
export const TEMPLATE_VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

export function templateParts(components: readonly JsonObject[]): TemplateParts {
  const ofType = (type: string): JsonObject | null =>
    components.find((component) => textMember(component, "type")?.toUpperCase() === type) ?? null;
  const header = ofType("HEADER");
  return {
    header:
      header === null
        ? null
        : {
            format: (textMember(header, "format") ?? "TEXT").toUpperCase(),
            text: textMember(header, "text"),
          },
    body: textMember(ofType("BODY") ?? {}, "text"),
    footer: textMember(ofType("FOOTER") ?? {}, "text"),
    buttons: objectsMember(ofType("BUTTONS") ?? {}, "buttons"),
  };
}

/** The components in a stored JSON text; null if there are none or they are no list. */
export function parseComponents(json: string | null): readonly JsonObject[] | null {
  const value: unknown = JSON.parse(json ?? "null");
  return Array.isArray(value) ? value.filter(isJsonObject) : null;
}

/** The variables of a text, each once, in the order they first stand there. */
export function variablesOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(TEMPLATE_VARIABLE), ([, name = ""]) => name))];
}

/** Whether variables go by names: positional ones are numbers alone. */
export function areNamed(variables: readonly string[]): boolean {
  return variables.some((variable) => !/^\d+$/.test(variable));
}
