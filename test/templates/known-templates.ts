/** Templates as D1 holds them. */
import type { JsonObject } from "../../src/lib/json.ts";
import type { TemplateRow } from "../../src/store/templates.ts";
import { knownTemplate, type KnownTemplate } from "../../src/templates/known.ts";
import { NOON } from "../support/store-rows.ts";

export function templateRow(changes: Partial<TemplateRow> = {}): TemplateRow {
  return {
    name: "study_result",
    language: "es_MX",
    business_account_id: "1",
    meta_id: "2",
    status: "APPROVED",
    status_at: NOON,
    category: "UTILITY",
    category_at: NOON,
    quality: null,
    quality_at: 0,
    reason: null,
    components: null,
    components_at: NOON,
    components_whole: true,
    parameter_format: null,
    created_at: NOON,
    updated_at: NOON,
    ...changes,
  };
}

/** One that is known by Meta's list alone. */
export function knownBySync(components: readonly JsonObject[]): KnownTemplate {
  const row = templateRow({ components: JSON.stringify(components) });
  const known = knownTemplate(row, row);
  if (known === null) throw new Error("its components are known");
  return known;
}

/** Everything that a template has and we know of. */
export const RICH: readonly JsonObject[] = [
  { type: "HEADER", format: "DOCUMENT" },
  { type: "BODY", text: "Resultado de {{1}} del {{2}}, por ahora." },
  { type: "FOOTER", text: "Pet-Friendly" },
  {
    type: "BUTTONS",
    buttons: [
      { type: "QUICK_REPLY", text: "Gracias" },
      { type: "URL", text: "Ver", url: "https://petfriendlyvet.com/{{1}}" },
      { type: "URL", text: "Inicio", url: "https://petfriendlyvet.com/" },
      { type: "COPY_CODE", text: "Copiar" },
    ],
  },
];

export const NAMED: readonly JsonObject[] = [
  { type: "HEADER", format: "TEXT", text: "Para {{pet}}" },
  { type: "BODY", text: "Hola {{first_name}}, ya está el estudio de {{pet}}." },
];

export function text(value: string, parameter_name?: string): JsonObject {
  return { type: "text", text: value, ...(parameter_name === undefined ? {} : { parameter_name }) };
}

/** A template to send. */
export function withComponents(...components: JsonObject[]): JsonObject {
  return { name: "study_result", language: { code: "es_MX" }, components };
}

export const body = (...parameters: JsonObject[]): JsonObject => ({ type: "body", parameters });

export const header = (...parameters: JsonObject[]): JsonObject => ({ type: "header", parameters });

export const pdf: JsonObject = { type: "document", document: { link: "https://a.mx/r.pdf" } };

export function addressEnd(index: unknown, ...parameters: JsonObject[]): JsonObject {
  const given = typeof index === "string" || typeof index === "number" ? { index } : {};
  return { type: "button", sub_type: "url", ...given, parameters };
}
