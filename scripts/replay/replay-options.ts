import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";

export type ReplayOptions = {
  folder: string;
  url: string;
  /** Post the ids as they are, so that a repeated replay is a redelivery. */
  keepIds: boolean;
};

const DEFAULT_URL = "http://localhost:8787";

const USAGE = "npm run replay -- FOLDER [--url URL] [--keep-ids]";

export function readReplayOptions(parameters: readonly string[]): ReplayOptions {
  const { values, positionals } = parse(parameters);
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw new PlainError(`Usage: ${USAGE}`);
  const url = values.url ?? DEFAULT_URL;
  if (!URL.canParse(url)) throw new PlainError(`--url: "${url}" is no URL.`);
  return { folder, url, keepIds: values["keep-ids"] ?? false };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: { url: { type: "string" }, "keep-ids": { type: "boolean" } },
    });
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
