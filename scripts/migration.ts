/**
 * Generates a migration from src/store/schema.ts and adds what drizzle-kit can't express: every
 * table is STRICT and WITHOUT ROWID. With `--check` it changes nothing and fails if the schema and
 * the migrations differ.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = "migrations";

const TABLE_END = /^\);$/gm;

if (process.argv.includes("--check")) check();
else generate(FOLDER, process.argv.slice(2));

function generate(folder: string, parameters: readonly string[]): void {
  execFileSync(
    "drizzle-kit",
    [
      "generate",
      "--dialect",
      "sqlite",
      "--schema",
      "src/store/schema.ts",
      "--out",
      folder,
      ...parameters,
    ],
    { stdio: "inherit" },
  );
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".sql"))) {
    const path = join(folder, name);
    const statements = readFileSync(path, "utf8");
    writeFileSync(path, statements.replaceAll(TABLE_END, ") STRICT, WITHOUT ROWID;"));
  }
}

function check(): void {
  const copy = mkdtempSync(join(tmpdir(), "paloma-migrations-"));
  try {
    cpSync(FOLDER, copy, { recursive: true });
    generate(copy, []);
    const before = readdirSync(FOLDER).length;
    if (readdirSync(copy).length !== before) {
      console.error("src/store/schema.ts has changed: run `npm run migration -- --name WHAT`.");
      process.exitCode = 1;
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}
