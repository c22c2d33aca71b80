/** A message template as the business wrote it, with a name for each of its variables. */

/** Meta's categories; each has its own price and rules. */
type TemplateCategory = "AUTHENTICATION" | "MARKETING" | "UTILITY";

/** One variable of the text. */
type TemplateParameter = {
  /** How callers name it in the short form `params`. */
  name: string;
  /** What the caller must put there, in words. */
  meaning: string;
  /** The text that Meta's reviewers see in its place. */
  example: string;
};

export type TemplateDefinition = {
  name: string;
  /** Meta's code, such as `es_MX`. */
  language: string;
  category: TemplateCategory;
  /** The text, with `{{1}}` for the first parameter and so on. */
  body: string;
  parameters: readonly TemplateParameter[];
};

/** The language of a template that names none: the business's customers are in Mexico. */
export const DEFAULT_TEMPLATE_LANGUAGE = "es_MX";
