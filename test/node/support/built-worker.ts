/** The Worker as it is deployed, built once in a run of tests: to build it for each file costs more than most files. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { buildWorker } from "../../../bench/hosts/build-worker.ts";

const PAUSE_MS = 50;

/** The folder with its bundle; undefined where no run of tests has a folder for it. */
export async function builtWorker(): Promise<string | undefined> {
  // One for all processes of the run; vitest.config.ts makes it.
  const { PALOMA_TEST_RUN: run } = process.env;
  if (run === undefined) return undefined;
  const built = join(run, "worker");
  const failed = join(run, "worker-failed");
  if (isFirst(join(run, "worker-begun"))) {
    try {
      await buildWorker("wrangler.toml", `${built}-aside`);
      renameSync(`${built}-aside`, built);
    } catch (error) {
      writeFileSync(failed, String(error));
    }
  }
  while (!existsSync(built)) {
    if (existsSync(failed)) throw new Error(readFileSync(failed, "utf8"));
    await wait(PAUSE_MS);
  }
  return built;
}

/** Of all processes, one alone makes the folder. */
function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
