import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { PROJECT_URL } from "./project-url.ts";

const DEV_VARS = fileURLToPath(new URL(".dev.vars", PROJECT_URL));
const EXAMPLE = fileURLToPath(new URL(".dev.vars.example", PROJECT_URL));

/** Makes `.dev.vars` from the example; false if there was one already, which stays as it is. */
export function createDevVars(): boolean {
  if (existsSync(DEV_VARS)) return false;
  copyFileSync(EXAMPLE, DEV_VARS);
  return true;
}

/** The settings in `.dev.vars`, where `wrangler dev` reads them as well; none without the file. */
export function readDevVars(): Readonly<Record<string, string | undefined>> {
  return existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, "utf8")) : {};
}
