import { cpSync, existsSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PlainError } from "../../../scripts/client/plain-error.ts";
import { PROJECT_URL } from "../../../scripts/client/project-url.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";

const CONFIGURATION = "wrangler.toml";

/** What wrangler reads beside the Worker's code; 0.1.0 has no assets. */
const BESIDE_THE_CODE = [CONFIGURATION, "assets", "migrations"];

/**
 * Bundles the Worker into a folder, with its configuration: edits of the project during the run do
 * not reload it, and the project's `.dev.vars` and `.wrangler` stay as they are.
 *
 * @param entry its main module, from this project's folder
 * @param checkout the folder of its version, from this project's folder
 * @returns the bundle's path
 */
export async function buildWorker(
  entry: string,
  folder: string,
  checkout: string,
): Promise<string> {
  const project = resolve(fileURLToPath(PROJECT_URL), checkout);
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const output = join(folder, "build");
  const config = join(project, CONFIGURATION);
  const group = startWrangler(
    ["deploy", entry, "--dry-run", `--outdir=${output}`, `--config=${config}`],
    { onOutput: keep, onError: keep },
  );
  const how = await group.ended;
  if (how !== "code 0") {
    throw new PlainError([`The Worker could not be built (${how}):`, ...lines].join("\n"));
  }
  for (const name of BESIDE_THE_CODE.filter((each) => existsSync(join(project, each)))) {
    cpSync(join(project, name), join(folder, name), { recursive: true });
  }
  return join(output, `${parse(entry).name}.js`);
}
