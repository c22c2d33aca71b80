/** How long the bundle takes until it could take a request: parsing, compiling, its top level. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Pace } from "../pace.ts";
import { spreadOf, type Spread } from "../statistics.ts";

const SCRIPT = join(import.meta.dirname, "../start-up/start-up.ts");

/** Each time in a new process: the second time V8 remembers what it compiled. */
export function measureStartUp(bundle: string, { peerRounds }: Pace): Spread {
  return spreadOf(
    Array.from({ length: peerRounds }, () =>
      Number(
        execFileSync(process.execPath, ["--js-base-64", SCRIPT, bundle], { encoding: "utf8" }),
      ),
    ),
  );
}
