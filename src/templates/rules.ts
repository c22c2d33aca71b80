/** Meta's rules for a template: a bad registry entry must fail a test, not Meta's review. */
import { templateParameterProblems } from "./check.ts";
import type { TemplateDefinition } from "./definition.ts";

/** Meta's limit for a template's body, in characters. */
const BODY_MAX_CHARACTERS = 1024;

/** Variables in the registry's texts are numbered: the entry itself names them. */
const NUMBERED_VARIABLE = /\{\{(\d+)\}\}/g;

/** Meta does not publish its ratio (2388293); templates that it accepts have at least this many. */
const WORDS_A_VARIABLE = 2;

const TEMPLATE_NAME = /^[a-z0-9_]{1,512}$/;
const LANGUAGE_CODE = /^[a-z]{2,3}(?:_[A-Z]{2})?$/;

/** A name that callers can write as a member of `params`. */
const PARAMETER_NAME = /^[a-z][a-z0-9_]*$/;

/**
 * What Meta would refuse in a template (2388299: a variable first or last, 2388293: too many for
 * its length), and what is wrong with its registry entry; empty if nothing.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
 */
export function templateProblems(definition: TemplateDefinition): string[] {
  return [
    ...namingProblems(definition),
    ...bodyProblems(definition.body),
    ...variableProblems(definition),
    ...parameterProblems(definition),
  ];
}

function namingProblems({ name, language }: TemplateDefinition): string[] {
  const problems: string[] = [];
  if (!TEMPLATE_NAME.test(name)) {
    problems.push("name: must be 1 to 512 lower-case letters, digits and underscores");
  }
  if (!LANGUAGE_CODE.test(language)) problems.push('language: must be a code such as "es_MX"');
  return problems;
}

function bodyProblems(body: string): string[] {
  const problems: string[] = [];
  const characters = Array.from(body).length;
  if (body.trim() === "") problems.push("body: must not be empty");
  if (characters > BODY_MAX_CHARACTERS) {
    problems.push(`body: at most ${BODY_MAX_CHARACTERS} characters, got ${characters}`);
  }
  if (/^\s*\{\{\d+\}\}/.test(body)) problems.push("body: must not begin with a variable");
  if (/\{\{\d+\}\}\s*$/.test(body)) problems.push("body: must not end with a variable");
  if (/[{}]/.test(body.replace(NUMBERED_VARIABLE, ""))) {
    problems.push("body: braces are for variables only, written like {{1}}");
  }
  return problems;
}

function variableProblems({ body, parameters }: TemplateDefinition): string[] {
  const numbers = Array.from(body.matchAll(NUMBERED_VARIABLE), ([, number]) => Number(number));
  const problems: string[] = [];
  if (numbers.some((number, position) => number !== position + 1)) {
    problems.push(
      `body: variables must be {{1}}, {{2}} … in this order, got ${numbers.join(", ")}`,
    );
  }
  const words = body.replace(NUMBERED_VARIABLE, " ").match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
  const wordsNeeded = WORDS_A_VARIABLE * numbers.length + 1;
  if (numbers.length > 0 && words < wordsNeeded) {
    problems.push(
      `body: too many variables for its length: ${wordsNeeded} words beside them, got ${words}`,
    );
  }
  if (numbers.length !== parameters.length) {
    problems.push(
      `parameters: one for each of ${numbers.length} variables, got ${parameters.length}`,
    );
  }
  return problems;
}

function parameterProblems({ parameters }: TemplateDefinition): string[] {
  const names = parameters.map((parameter) => parameter.name);
  return parameters.flatMap(({ name, meaning, example }, position) => {
    const problems = templateParameterProblems(example).map((problem) => `example ${problem}`);
    if (!PARAMETER_NAME.test(name)) problems.push("name must be a lower-case word");
    if (names.indexOf(name) !== position) problems.push("name must differ from every other");
    if (meaning.trim() === "") problems.push("meaning must say what belongs there");
    return problems.map((problem) => `parameter ${position + 1}: ${problem}`);
  });
}
