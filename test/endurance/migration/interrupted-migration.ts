import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../../scripts/start/migrate.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";
import { type Columns, readDatabase, type StoredDatabase } from "./stored-database.ts";

/** What wrangler stores, and what it reads. */
const STORED = "v3";
const READ = ["wrangler.toml", "migrations"];

/** A copy of what one version stored, with the migrations of another. */
export function copyStored(from: string, migrationsOf: string): string {
  const folder = mkdtempSync(join(tmpdir(), "paloma-migration-"));
  cpSync(join(from, STORED), join(folder, STORED), { recursive: true });
  for (const name of READ) {
    cpSync(join(migrationsOf, name), join(folder, name), { recursive: true });
  }
  return folder;
}

/** Migrates to the end; how long that took in milliseconds. */
export async function migrateStored(folder: string): Promise<number> {
  const start = performance.now();
  await migrate(() => {}, placesOf(folder));
  return performance.now() - start;
}

/**
 * Ends a migration at once after a time, as a power cut would. The database must then have the schema of
 * before or after, whole, and a second migration must end it; every row stays.
 *
 * @returns the schema after the kill
 */
export async function interruptMigration(
  { from, migrationsOf, columns }: { from: string; migrationsOf: string; columns: Columns },
  { before, after }: { before: StoredDatabase; after: StoredDatabase },
  afterMs: number,
): Promise<"before" | "after"> {
  const folder = copyStored(from, migrationsOf);
  try {
    const group = startWrangler(
      ["d1", "migrations", "apply", "paloma", "--local", ...placesOf(folder)],
      { onOutput: () => {}, onError: () => {} },
    );
    await sleep(afterMs);
    await group.kill();
    const found = readDatabase(folder, columns);
    const is = found.schema === before.schema ? "before" : "after";
    assert.deepEqual(found, is === "before" ? before : after);
    await migrateStored(folder);
    assert.deepEqual(readDatabase(folder, columns), after);
    return is;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function placesOf(folder: string): string[] {
  return [`--config=${join(folder, "wrangler.toml")}`, `--persist-to=${folder}`];
}
