/** The Worker as it is deployed, built once in a run of tests: to build it for each file costs more than most files. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildWorker } from "../../../bench/hosts/build-worker.ts";
import { onceARun } from "./once-a-run.ts";

const CONFIG = "wrangler.toml";

/** A batch of a queue waits this long for more in a test, and a whole second in life. */
export const TEST_BATCH_SECONDS = 0.05;

export type BuiltWorker = {
  /** Where its bundle is. */
  folder: string;
  /** Its configuration, less patient. */
  config: string;
};

/** Undefined where no run of tests has a folder for it. */
export async function builtWorker(): Promise<BuiltWorker | undefined> {
  const { PALOMA_TEST_RUN: run } = process.env;
  if (run === undefined) return undefined;
  const built = { folder: join(run, "worker"), config: join(run, CONFIG) };
  await onceARun("worker", async () => {
    await buildWorker(CONFIG, built.folder);
    writeFileSync(built.config, impatient(readFileSync(CONFIG, "utf8")));
  });
  return built;
}

/** The same configuration for another folder than the project's. */
function impatient(config: string): string {
  return config
    .replaceAll(/^max_batch_timeout = .*$/gm, `max_batch_timeout = ${TEST_BATCH_SECONDS}`)
    .replaceAll(
      /^(main|directory|migrations_dir) = "(.*)"$/gm,
      (_line, name, path) => `${name} = ${JSON.stringify(resolve(path))}`,
    );
}
