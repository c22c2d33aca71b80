import { parseArgs } from "node:util";
import { PlainError } from "../../../scripts/client/plain-error.ts";

/**
 * Whole numbers from the command line, such as `--kills 3`.
 *
 * @param defaults the options there are, and what each is if not given
 */
export function readNumbers<Name extends string>(
  parameters: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults);
  const given = parse(parameters, names);
  const numbers: Record<Name, number> = { ...defaults };
  for (const name in defaults) {
    const text = given[name];
    if (text === undefined) continue;
    if (typeof text !== "string" || !/^\d{1,9}$/.test(text)) {
      throw new PlainError(`--${name}: a whole number, not "${text}".`);
    }
    numbers[name] = Number(text);
  }
  return numbers;
}

function parse(parameters: readonly string[], names: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
    }).values;
  } catch (error) {
    const options = names.map((name) => `[--${name} NUMBER]`).join(" ");
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nOptions: ${options}`);
  }
}
