import { cpSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PlainError } from "../../../scripts/client/plain-error.ts";
import { PROJECT_URL } from "../../../scripts/client/project-url.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";

/** What wrangler reads beside the Worker's code. */
const BESIDE_THE_CODE = ["wrangler.toml", "assets"];

/**
 * Bundles the Worker into a folder, with its configuration: edits of the project during the run do
 * not reload it, and the project's `.dev.vars` and `.wrangler` stay as they are.
 *
 * @param entry its main module, from the project's folder
 * @param migrations the folder of its migrations, from the project's folder
 * @returns the bundle's path
 */
export async function buildWorker(
  entry: string,
  folder: string,
  migrations: string,
): Promise<string> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  const output = join(folder, "build");
  const group = startWrangler(["deploy", entry, "--dry-run", `--outdir=${output}`], {
    onOutput: keep,
    onError: keep,
  });
  const how = await group.ended;
  if (how !== "code 0") {
    throw new PlainError([`The Worker could not be built (${how}):`, ...lines].join("\n"));
  }
  const project = fileURLToPath(PROJECT_URL);
  for (const name of BESIDE_THE_CODE) {
    cpSync(join(project, name), join(folder, name), { recursive: true });
  }
  cpSync(resolve(project, migrations), join(folder, "migrations"), { recursive: true });
  return join(output, `${parse(entry).name}.js`);
}
