import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../../scripts/start/migrate.ts";
import type { ProcessGroup } from "../../../scripts/start/process-group.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";
import { isInLog, type Columns, readDatabase, type StoredDatabase } from "./stored-database.ts";

/** What wrangler stores, and what it reads. */
const STORED = "v3";
const READ = ["wrangler.toml", "migrations"];

const POLL_MS = 1;

/** One version's database, the folder of the version that it is migrated to, and what of it must stay. */
export type Update = { from: string; to: string; columns: Columns };

/** When a migration is killed: after a time, or with its commit. */
export type Moment = { afterMs: number } | { committed: string };

/** A copy of what one version stored, with the migrations of another. */
export function copyStored({ from, to }: Update): string {
  const folder = mkdtempSync(join(tmpdir(), "paloma-migration-"));
  cpSync(join(from, STORED), join(folder, STORED), { recursive: true });
  for (const name of READ) cpSync(join(to, name), join(folder, name), { recursive: true });
  return folder;
}

/** Migrates to the end; how long that took in milliseconds. */
export async function migrateStored(folder: string): Promise<number> {
  const start = performance.now();
  await migrate(() => {}, placesOf(folder));
  return performance.now() - start;
}

/** The database before the update, and after each of its migrations. */
export async function stagesOf(update: Update): Promise<StoredDatabase[]> {
  const folder = copyStored(update);
  try {
    const before = readDatabase(folder, update.columns);
    const stages = [before];
    const all = join(update.to, "migrations");
    const own = join(folder, "migrations");
    rmSync(own, { recursive: true });
    mkdirSync(own);
    for (const name of readdirSync(all).toSorted()) {
      if (!name.endsWith(".sql")) continue;
      cpSync(join(all, name), join(own, name));
      if (before.applied.includes(name)) continue;
      await migrateStored(folder);
      stages.push(readDatabase(folder, update.columns));
    }
    return stages;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Ends a migration at once at a moment, as a power cut would. The database must then stand between two of
 * the migrations, each of which is whole and recorded, or neither; a second run must do the rest.
 *
 * @returns the last migration that was applied
 */
export async function interruptMigration(
  update: Update,
  stages: readonly StoredDatabase[],
  moment: Moment,
): Promise<string> {
  const folder = copyStored(update);
  try {
    const group = startWrangler(
      ["d1", "migrations", "apply", "paloma", "--local", ...placesOf(folder)],
      { onOutput: () => {}, onError: () => {} },
    );
    await ("afterMs" in moment
      ? sleep(moment.afterMs)
      : untilCommitted(group, folder, moment.committed));
    await group.kill();
    const found = readDatabase(folder, update.columns);
    const stage = stages.find(({ schema }) => schema === found.schema);
    assert.deepEqual(found, stage);
    await migrateStored(folder);
    assert.deepEqual(readDatabase(folder, update.columns), stages.at(-1));
    return found.applied.at(-1) ?? "none";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Until the migration is committed, or all are. */
async function untilCommitted(
  group: ProcessGroup,
  folder: string,
  migration: string,
): Promise<void> {
  const run = { isOver: false };
  void group.ended.then(() => (run.isOver = true));
  while (!run.isOver && !isInLog(folder, migration)) await sleep(POLL_MS);
  if (run.isOver) assert.equal(await group.ended, "code 0", "The migration failed by itself.");
}

function placesOf(folder: string): string[] {
  return [`--config=${join(folder, "wrangler.toml")}`, `--persist-to=${folder}`];
}
