import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";

export type DoctorOptions = { url: string; token: string };

/** Where a token with the scope admin may stand, so that it stays out of the shell's history. */
const TOKEN_SETTING = "PALOMA_TOKEN";

const USAGE = `npm run doctor -- URL [--token TOKEN]   (or the token in ${TOKEN_SETTING})`;

export function readDoctorOptions(
  parameters: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
): DoctorOptions {
  const { values, positionals } = parse(parameters);
  const [url, ...more] = positionals;
  if (url === undefined || more.length > 0) throw new PlainError(`Usage: ${USAGE}`);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new PlainError(`"${url}" is no URL: write it like https://paloma.example.workers.dev.`);
  }
  const token = values.token ?? settings[TOKEN_SETTING] ?? "";
  if (token === "") {
    throw new PlainError(
      `A token with the scope admin is missing: give --token, or set ${TOKEN_SETTING}.`,
    );
  }
  return { url, token };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: { token: { type: "string" } },
    });
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
