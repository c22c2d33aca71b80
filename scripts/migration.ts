/**
 * Generates a migration from src/store/schema.ts and adds what drizzle-kit can't express: every
 * table is STRICT, and all but those with a counter as their key are WITHOUT ROWID. Writes what the Worker reads of the schema to
 * src/store/tables.json. With `--check` it changes nothing and fails if any of these differ.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "../src/store/schema.ts";

const FOLDER = "migrations";

const TABLE = /^CREATE TABLE `(?<name>\w+)` \([^;]*\);$/gm;

/** Their key is SQLite's own rowid, which counts up by itself. */
const COUNTED_TABLES: ReadonlySet<string> = new Set(["changes"]);

const TABLES_FILE = "src/store/tables.json";

if (process.argv.includes("--check")) {
  check();
} else {
  writeFileSync(TABLES_FILE, columnsByTable());
  generate(FOLDER, process.argv.slice(2));
}

/** The columns of each table, as a SELECT names them. */
function columnsByTable(): string {
  const tables = Object.values(schema).filter((member) => is(member, SQLiteTable));
  const columns = tables.map((table) => [
    getTableName(table),
    Object.values(getTableColumns(table))
      .map(({ name }) => name)
      .join(", "),
  ]);
  return `${JSON.stringify(Object.fromEntries(columns), null, 2)}\n`;
}

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
    writeFileSync(path, statements.replaceAll(TABLE, completed));
  }
}

function completed(table: string, name: string): string {
  const options = COUNTED_TABLES.has(name) ? "STRICT" : "STRICT, WITHOUT ROWID";
  return table.replace(/\);$/, `) ${options};`);
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
    if (readFileSync(TABLES_FILE, "utf8") !== columnsByTable()) {
      console.error(`${TABLES_FILE} is not up to date: run \`npm run migration\`.`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}
