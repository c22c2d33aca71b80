/** The bench has dependencies of its own: installed where they are missing or older than its lock. */
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

const FOLDER = import.meta.dirname;

/** npm writes it whenever it has installed. */
const INSTALLED = join(FOLDER, "node_modules/.package-lock.json");

export function installDependencies(): void {
  const lock = statSync(join(FOLDER, "package-lock.json"));
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= lock.mtimeMs) return;
  execFileSync("npm", ["ci", "--prefer-offline"], { cwd: FOLDER, stdio: "inherit" });
}
