/** What is known of a template: by Meta's word first, else by the registry. */
import { objectMember, textMember, type JsonObject } from "../json/json.ts";
import type { TemplateKey, TemplateRow } from "../store/templates.ts";
import { findTemplate } from "./registry.ts";
import { DEFAULT_TEMPLATE_LANGUAGE, type TemplateDefinition } from "./template-definition.ts";
import { parseComponents, templateParts, type TemplateParts } from "./template-parts.ts";
import { templateSubmission } from "./template-submission.ts";

export type KnownTemplate = {
  parts: TemplateParts;
  /** False where headers of files and some buttons may be missing in `parts`. */
  isWhole: boolean;
  /** The registry's entry, which names the parameters. */
  definition: TemplateDefinition | null;
};

/** The name and language that a template to send goes by. */
export function templateKey(template: JsonObject): TemplateKey {
  return {
    name: textMember(template, "name") ?? "",
    language:
      textMember(objectMember(template, "language") ?? {}, "code") ?? DEFAULT_TEMPLATE_LANGUAGE,
  };
}

/** Null where neither Meta told the text nor the registry has it. */
export function knownTemplate(
  { name, language }: TemplateKey,
  row: TemplateRow | null,
): KnownTemplate | null {
  const definition = findTemplate(name, language);
  const told = parseComponents(row?.components ?? null);
  if (told !== null) {
    const isWhole = row?.components_whole === true;
    return { parts: templateParts(told), isWhole, definition };
  }
  if (definition === null) return null;
  const { components } = templateSubmission(definition);
  return { parts: templateParts(components), isWhole: true, definition };
}
