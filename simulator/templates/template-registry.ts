import type { Identifiers } from "../identifiers.ts";
import type { Settings } from "../settings.ts";
import type { Template, TemplateSeed, TemplateStatus } from "./template.ts";

/** The templates of the business account. */
export interface TemplateRegistry {
  all(): readonly Template[];
  find(name: string, language: string): Template | undefined;
  add(seed: TemplateSeed): Template;
  /** Sets what Meta's review decided; undefined when there is no such template. */
  setStatus(name: string, language: string, status: TemplateStatus): Template | undefined;
  /** Deletes one, whose name and language are blocked from then on; false when there is none. */
  remove(name: string, language: string): boolean;
  isBlocked(name: string, language: string): boolean;
}

export function templateRegistry(settings: Settings, identifiers: Identifiers): TemplateRegistry {
  const templates: Template[] = [];
  // Meta frees them after 30 days, which no simulator lives to see.
  const blocked = new Set<string>();

  function add(seed: TemplateSeed): Template {
    const template = { id: identifiers.objectId(), ...seed };
    templates.push(template);
    return template;
  }

  function indexOf(name: string, language: string): number {
    return templates.findIndex(
      (template) => template.name === name && template.language === language,
    );
  }

  for (const seed of settings.templates) add(seed);

  return {
    all: () => templates,
    find: (name, language) => templates[indexOf(name, language)],
    add,
    setStatus(name, language, status) {
      const index = indexOf(name, language);
      const before = templates[index];
      if (before === undefined) return undefined;
      const after = { ...before, status };
      templates[index] = after;
      return after;
    },
    remove(name, language) {
      const index = indexOf(name, language);
      if (index === -1) return false;
      templates.splice(index, 1);
      blocked.add(`${name} ${language}`);
      return true;
    },
    isBlocked: (name, language) => blocked.has(`${name} ${language}`),
  };
}
