/** How long the bundle takes until it could take a request: parsing, compiling, its top level. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { spreadOf, type Spread } from "../statistics.ts";

const SCRIPT = join(import.meta.dirname, "../start-up/start-up.ts");

/** Each time in a new process: the second time V8 remembers what it compiled. */
export function measureStartUp(bundle: string, times: number): Spread {
  return spreadOf(
    Array.from({ length: times }, () =>
      Number(
        execFileSync(process.execPath, ["--js-base-64", SCRIPT, bundle], { encoding: "utf8" }),
      ),
    ),
  );
}
