/**
 * Completes the lockfiles: `npm run lockfiles`. Where packages are installed already, npm writes no
 * `integrity` for those of other systems, and later repairs nothing: this script drops such entries
 * and has npm write them again, in a folder without packages. With `--check` it only says what is wrong.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT_URL } from "./client/project-url.ts";
import { workspaces, wrongEntries, type Lockfile } from "./lockfiles/wrong-entries.ts";

const FOLDERS = ["", "bench"];

/** What npm reads and writes. */
const FILES = ["package.json", "package-lock.json", ".npmrc"];

for (const name of FOLDERS) {
  const folder = fileURLToPath(new URL(name, PROJECT_URL));
  const wrong = wrongEntries(readLockfile(folder));
  if (wrong.length === 0) continue;
  if (process.argv.includes("--check")) {
    const where = join(name, "package-lock.json");
    console.error(`${where}: ${wrong.length} entries lack \`integrity\` or show \`resolved\``);
    for (const entry of wrong) console.error(`  ${entry}`);
    console.error("npm run lockfiles");
    process.exitCode = 1;
  } else complete(folder, wrong);
}

function complete(folder: string, wrong: readonly string[]): void {
  const empty = mkdtempSync(join(tmpdir(), "paloma-lockfile-"));
  try {
    const { packages, ...rest } = readLockfile(folder);
    for (const file of FILES) cpSync(join(folder, file), join(empty, file));
    for (const workspace of workspaces(packages)) {
      cpSync(join(folder, workspace, "package.json"), join(empty, workspace, "package.json"));
    }
    for (const entry of wrong) delete packages[entry];
    writeFileSync(join(empty, "package-lock.json"), JSON.stringify({ ...rest, packages }));
    execFileSync("npm", ["install", "--package-lock-only"], { cwd: empty, stdio: "inherit" });
    cpSync(join(empty, "package-lock.json"), join(folder, "package-lock.json"));
  } finally {
    rmSync(empty, { recursive: true });
  }
}

function readLockfile(folder: string): Lockfile {
  return JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
}
