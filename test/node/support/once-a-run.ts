/** What takes long to make, and is the same for all processes of a run of tests: the first makes it, the others wait. */
import { existsSync, mkdirSync, writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const PAUSE_MS = 50;

/** Resolves once it is made; where there is no run of tests, whoever asks makes it. */
export async function onceARun(name: string, make: () => Promise<void>): Promise<void> {
  // vitest.config.ts makes the folder of the run.
  const { PALOMA_TEST_RUN: run } = process.env;
  if (run === undefined) return make();
  const [made, failed] = [join(run, `${name}-made`), join(run, `${name}-failed`)];
  if (isFirst(join(run, `${name}-begun`))) {
    try {
      await make();
      writeFileSync(made, "");
    } catch (error) {
      writeFileSync(failed, String(error));
    }
  }
  while (!existsSync(made)) {
    if (existsSync(failed)) throw new Error(readFileSync(failed, "utf8"));
    await wait(PAUSE_MS);
  }
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
