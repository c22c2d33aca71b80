import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";
import { TEMPLATES_COMMANDS, type TemplatesCommand } from "./run-templates-command.ts";

export type TemplatesOptions = { command: TemplatesCommand; url: string; token: string };

const DEFAULT_URL = "http://localhost:8787";

const USAGE = "npm run templates -- push|sync|list [--url URL] [--token TOKEN]";

/** From the command line; without `--token`, the first of API_TOKENS, as `npm start` uses it. */
export function readTemplatesOptions(
  parameters: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
): TemplatesOptions {
  const { values, positionals } = parse(parameters);
  const command = TEMPLATES_COMMANDS.find((each) => each === positionals[0]);
  if (command === undefined || positionals.length > 1) throw new PlainError(`Usage: ${USAGE}`);
  const url = values.url ?? DEFAULT_URL;
  if (!URL.canParse(url)) throw new PlainError(`--url: "${url}" is no URL.`);
  const token = values.token ?? settings["API_TOKENS"]?.split(",")[0]?.split(":")[1]?.trim();
  if (!token) {
    throw new PlainError("Give --token: a token of the Worker's API_TOKENS with the scope admin.");
  }
  return { command, url, token };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: { url: { type: "string" }, token: { type: "string" } },
    });
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
