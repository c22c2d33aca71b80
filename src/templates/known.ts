/**
 * What is known of a template: from Meta if Meta reported it, else from the registry. Also the
 * conversions between a registry entry, Meta's `components` and a row.
 */
import {
  isJsonObject,
  type JsonObject,
  objectMember,
  objectsMember,
  textMember,
} from "../lib/json.ts";
import type { TemplateKey, TemplateRow, TemplateUpdate } from "../store/templates.ts";
import { DEFAULT_TEMPLATE_LANGUAGE, type TemplateDefinition } from "./definition.ts";
import { findTemplate } from "./registry.ts";

/**
 * What the customer sees of a template, with its variables still in it.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 */
type TemplateParts = {
  /** Null if the template has none; `text` only with the format `TEXT`. */
  header: { format: string; text: string | null } | null;
  body: string | null;
  footer: string | null;
  /** Meta's button objects, in the order that gives them their index. */
  buttons: readonly JsonObject[];
};

/** A variable in a template's text: a number, or a name with the format `NAMED`. */
export const TEMPLATE_VARIABLE = /\{\{\s*(\w+)\s*\}\}/g;

export function templateParts(components: readonly JsonObject[]): TemplateParts {
  const ofType = (type: string) =>
    components.find((component) => textMember(component, "type")?.toUpperCase() === type);
  const header = ofType("HEADER");
  return {
    header:
      header === undefined
        ? null
        : {
            format: (textMember(header, "format") ?? "TEXT").toUpperCase(),
            text: textMember(header, "text"),
          },
    body: textMember(ofType("BODY"), "text"),
    footer: textMember(ofType("FOOTER"), "text"),
    buttons: objectsMember(ofType("BUTTONS"), "buttons"),
  };
}

/** The components in a stored JSON text; null if there is none or it is no list. */
export function parseComponents(json: string | null): readonly JsonObject[] | null {
  const value: unknown = JSON.parse(json ?? "null");
  return Array.isArray(value) ? value.filter(isJsonObject) : null;
}

/** The variables of a text, each once, in the order of their first use. */
export function variablesOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(TEMPLATE_VARIABLE), ([, name = ""]) => name))];
}

/** Whether variables have names: positional ones are only numbers. */
export function areNamed(variables: readonly string[]): boolean {
  return variables.some((variable) => !/^\d+$/.test(variable));
}

/**
 * A template as Paloma submits it to Meta, with examples.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
export function templateSubmission({ name, language, category, ...rest }: TemplateDefinition) {
  return {
    name,
    language,
    category,
    parameter_format: "POSITIONAL",
    components: [bodyComponent(rest)],
  };
}

function bodyComponent({
  body,
  parameters,
}: Pick<TemplateDefinition, "body" | "parameters">): JsonObject {
  if (parameters.length === 0) return { type: "BODY", text: body };
  const examples = parameters.map(({ example }) => example);
  return { type: "BODY", text: body, example: { body_text: [examples] } };
}

export type KnownTemplate = {
  parts: TemplateParts;
  /** False if headers of files and some buttons may be missing in `parts`. */
  isWhole: boolean;
  /** The registry's entry, which names the parameters. */
  definition: TemplateDefinition | null;
};

/** The name and language of a template to send. */
export function templateKey(template: JsonObject): TemplateKey {
  return {
    name: textMember(template, "name") ?? "",
    language: textMember(objectMember(template, "language"), "code") ?? DEFAULT_TEMPLATE_LANGUAGE,
  };
}

/** Null if neither Meta reported the text nor the registry has it. */
export function knownTemplate(
  { name, language }: TemplateKey,
  row: TemplateRow | null,
): KnownTemplate | null {
  const definition = findTemplate(name, language);
  const reported = parseComponents(row?.components ?? null);
  if (reported !== null) {
    const isWhole = row?.components_whole === true;
    return { parts: templateParts(reported), isWhole, definition };
  }
  if (definition === null) return null;
  const { components } = templateSubmission(definition);
  return { parts: templateParts(components), isWhole: true, definition };
}

/** A template as Meta lists it; null if it has no name or language. */
export function listedTemplate(
  template: JsonObject,
  businessAccountId: string,
  at: number,
): TemplateUpdate | null {
  const name = textMember(template, "name");
  const language = textMember(template, "language");
  if (name === null || language === null) return null;
  return {
    name,
    language,
    business_account_id: businessAccountId,
    meta_id: textMember(template, "id"),
    status: textMember(template, "status"),
    category: textMember(template, "category"),
    quality: textMember(objectMember(template, "quality_score"), "score"),
    reason: textMember(template, "rejected_reason"),
    components: JSON.stringify(objectsMember(template, "components")),
    components_whole: true,
    parameter_format: textMember(template, "parameter_format"),
    at,
  };
}
