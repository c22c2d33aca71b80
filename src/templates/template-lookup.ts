import type { Database } from "../store/database.ts";
import { findTemplateRow, type TemplateKey, type TemplateRow } from "../store/templates.ts";

/** Finds what Meta told of a template; null if nothing. */
export type TemplateLookup = (key: TemplateKey) => Promise<TemplateRow | null>;

/** A lookup for one request: however many messages ask for a template, D1 is asked once. */
export function templateLookup(database: Database): TemplateLookup {
  const found = new Map<string, Promise<TemplateRow | null>>();
  return ({ name, language }) => {
    const key = JSON.stringify([name, language]);
    const row = found.get(key) ?? findTemplateRow(database, name, language);
    found.set(key, row);
    return row;
  };
}
