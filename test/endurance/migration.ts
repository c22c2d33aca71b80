/**
 * `npm run interrupt-migration -- FOLDER`: a checkout of an earlier version in that folder fills a
 * database with its own code, whose rows are multiplied; copies of it are migrated to this version and killed
 * at several moments, and with the commit of each migration. Each migration must be whole and recorded, or
 * neither; no row may be lost or changed, and a second run must end it. Then the earlier version runs on
 * the new schema, as after a roll-back, and this version after it. Exits with 1 if anything differs.
 */
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PlainError } from "../../scripts/client/plain-error.ts";
import { printFailure } from "../../scripts/client/print-failure.ts";
import { freePort } from "./audit/free-port.ts";
import { startLocalMeta } from "./audit/local-meta.ts";
import { LocalWorker, versionIn } from "./audit/local-worker.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { ClinicTraffic } from "./migration/clinic-traffic.ts";
import {
  copyStored,
  interruptMigration,
  migrateStored,
  type Moment,
  stagesOf,
  type Update,
} from "./migration/interrupted-migration.ts";
import {
  columnsOf,
  multiplyRows,
  prepareRollBack,
  readDatabase,
  sizeOf,
} from "./migration/stored-database.ts";

/** Wrangler itself needs about this part of the time before it calls the database. */
const FIRST_KILL = 0.3;
/** One kill or two come when it has ended. */
const LAST_KILL = 1.1;

const STORED = "v3";

try {
  await run();
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();

async function run(): Promise<void> {
  const [earlier, ...options] = process.argv.slice(2);
  if (earlier === undefined || earlier.startsWith("-")) {
    throw new PlainError("Name the folder of an earlier version's checkout.");
  }
  const { messages, kills, written } = readNumbers(options, {
    messages: 100_000,
    kills: 10,
    written: 3000,
  });
  const port = await freePort();
  const meta = await startLocalMeta({
    webhookUrl: `http://localhost:${port}/webhook`,
    deliver: fetch,
    randomSeed: 1,
    messagesPerSecond: 1000,
  });
  const settings = { MARK_AS_READ: "on_open" };
  const before = new LocalWorker(port, meta.url, { settings, ...versionIn(earlier) });
  const after = new LocalWorker(port, meta.url, { settings });
  const traffic = new ClinicTraffic(before.url, Math.min(written, messages));
  const folders: string[] = [];
  try {
    await before.prepare();
    await before.start();
    const played = performance.now();
    await traffic.play();
    print("the earlier version's traffic", performance.now() - played, "ms");
    await before.stop();
    multiplyRows(before.folder, messages);

    const columns = columnsOf(before.folder);
    const stored = readDatabase(before.folder, columns);
    print("rows", stored.tables["messages"]?.rows ?? 0, "messages");
    print("size before", sizeOf(before.folder), "bytes");

    await after.prepare();
    const update: Update = { from: before.folder, to: after.folder, columns };
    const migrated = copyStored(update);
    folders.push(migrated);
    const tookMs = await migrateStored(migrated);
    const result = readDatabase(migrated, columns);
    assert.deepEqual(result.tables, stored.tables);
    print("size after", sizeOf(migrated), "bytes");
    print("a whole migration", tookMs, "ms, wrangler's own start in it");

    const stages = await stagesOf(update);
    assert.deepEqual(stages.at(-1), result);
    const moments: Moment[] = Array.from({ length: kills }, (_each, kill) => {
      return { afterMs: tookMs * (FIRST_KILL + ((LAST_KILL - FIRST_KILL) * kill) / kills) };
    });
    for (const { applied } of stages.slice(1)) moments.push({ committed: applied.at(-1) ?? "" });
    for (const moment of moments) {
      const reached = await interruptMigration(update, stages, moment);
      if ("afterMs" in moment) print("killed", moment.afterMs, `ms after the start: at ${reached}`);
      else console.log(`killed with the commit of ${moment.committed}: at ${reached}`);
    }

    prepareRollBack(migrated, join(migrated, "migrations"));
    for (const [name, worker] of [
      ["the earlier version", before],
      ["this version", after],
    ] as const) {
      rmSync(join(worker.folder, STORED), { recursive: true, force: true });
      cpSync(join(folders.at(-1) ?? "", STORED), join(worker.folder, STORED), { recursive: true });
      await worker.start();
      const start = performance.now();
      await traffic.deliver(0);
      await traffic.look(0);
      await traffic.look(1);
      await traffic.send(0);
      assert.equal(await traffic.countListed(), stored.tables["conversations"]?.rows);
      await worker.stop();
      const now = readDatabase(worker.folder, columns);
      assert.equal(now.tables["messages"]?.rows, stored.tables["messages"]?.rows);
      folders.push(worker.folder);
      print(name, performance.now() - start, "ms for its traffic and lists on the new schema");
    }
  } finally {
    meta.stop();
    await Promise.all([before.stop(), after.stop()]);
    before.discard();
    after.discard();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(32)} ${Math.round(value).toLocaleString("en")} ${unit}`);
}
