/** The Worker as it is deployed, built once in a run of tests: to build it for each file costs more than most files. */
import { join } from "node:path";
import { buildWorker } from "../../../bench/hosts/build-worker.ts";
import { onceARun } from "./once-a-run.ts";

/** The folder with its bundle; undefined where no run of tests has a folder for it. */
export async function builtWorker(): Promise<string | undefined> {
  const { PALOMA_TEST_RUN: run } = process.env;
  if (run === undefined) return undefined;
  const folder = join(run, "worker");
  await onceARun("worker", async () => {
    await buildWorker("wrangler.toml", folder);
  });
  return folder;
}
