/** The differences between the registry's templates and the account's. Pure. */
import type { TemplateKey, TemplateRow } from "../store/templates.ts";
import type { TemplateDefinition } from "./definition.ts";
import { parseComponents, templateParts, variablesOf } from "./known.ts";

/** One difference between a template in the code and at the account. */
type TemplateDrift = TemplateKey & {
  difference: "missing" | "language" | "status" | "category" | "text" | "parameters" | "parts";
  /** What the code has. */
  code: string;
  /** What the account has; null = nothing, or unknown. */
  account: string | null;
  /** The difference as one line. */
  detail: string;
};

type Difference = Pick<TemplateDrift, "difference" | "code" | "account">;

/** Statuses that Meta gives to a template that may be sent as it is. */
const IN_USE: ReadonlySet<string | null> = new Set(["APPROVED", "REINSTATED", "UNARCHIVED"]);

/**
 * Every difference, template by template.
 *
 * @param rows what Meta reported of templates with these names, in any language
 */
export function templateDrift(
  definitions: readonly TemplateDefinition[],
  rows: readonly TemplateRow[],
): TemplateDrift[] {
  return definitions.flatMap((definition) => {
    const { name, language } = definition;
    const there = rows.filter((row) => row.name === name && isAtAccount(row));
    return differences(definition, there).map((difference) => ({
      name,
      language,
      ...difference,
      detail: line(definition, difference),
    }));
  });
}

/** Whether Meta has the template, in any status. */
export function isAtAccount({ status }: Pick<TemplateRow, "status">): boolean {
  return status !== "DELETED";
}

function differences(definition: TemplateDefinition, there: readonly TemplateRow[]): Difference[] {
  const row = there.find(({ language }) => language === definition.language);
  if (row !== undefined) {
    return [
      ...differing("status", "APPROVED", row.status, IN_USE.has(row.status)),
      ...differing("category", definition.category, row.category),
      ...textDifferences(definition, row),
    ];
  }
  if (there.length === 0) {
    return [{ difference: "missing", code: definition.language, account: null }];
  }
  const languages = there.map(({ language }) => language).join(", ");
  return [{ difference: "language", code: definition.language, account: languages }];
}

function textDifferences(definition: TemplateDefinition, row: TemplateRow): Difference[] {
  const components = parseComponents(row.components);
  if (components === null) return [];
  const { header, body, footer, buttons } = templateParts(components);
  const others = [
    ...(header === null ? [] : ["header"]),
    ...(footer === null ? [] : ["footer"]),
    ...(buttons.length === 0 ? [] : ["buttons"]),
  ];
  return [
    ...differing("text", definition.body, body),
    ...differing("parameters", variables(definition.body), variables(body ?? "")),
    ...differing("parts", "body", ["body", ...others].join(", ")),
  ];
}

function variables(text: string): string {
  const names = variablesOf(text);
  return [String(names.length), ...names.map((name) => `{{${name}}}`)].join(" ");
}

/** A difference of that kind, or none. */
function differing(
  difference: Difference["difference"],
  code: string,
  account: string | null,
  isSame = code === account,
): Difference[] {
  return isSame ? [] : [{ difference, code, account }];
}

function line(
  { name, language }: TemplateDefinition,
  { difference, code, account }: Difference,
): string {
  const template = `${name} (${language})`;
  switch (difference) {
    case "missing":
      return `${template}: not known at the account; push it`;
    case "language":
      return `${template}: at the account only in ${account}; push it`;
    case "status":
    case "category":
    case "text":
    case "parameters":
    case "parts":
      return `${template}: ${difference}: ${code} in the code, ${account ?? "unknown"} at the account`;
  }
}
