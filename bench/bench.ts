/**
 * Measures Paloma against the least that the platform asks, in the same run, and writes what came
 * of it into `docs/`: `npm run bench`. `-- --quick` is to see that it runs, `-- --only JOURNEY`
 * (repeatable) to look at one, `-- --profile JOURNEY` to see where its time goes, `-- --beside URL` to load
 * another server that answers `POST /webhook` in turns with Paloma; they write nothing.
 * Only Linux reports the CPU time of processes in the form that is read here.
 */
import { parseArgs } from "node:util";
import { printFailure } from "../scripts/client/print-failure.ts";
import { installDependencies } from "./install-dependencies.ts";
import { FULL, QUICK } from "./pace.ts";
import "./processes/cloudflare-modules.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    profile: { type: "string", multiple: true, default: [] },
    only: { type: "string", multiple: true, default: [] },
    beside: { type: "string" },
  },
});
const pace = values.quick ? QUICK : FULL;

installDependencies();
// Only now: it needs what was just installed.
const { measure, measureBeside, measureJourneys, profile } = await import("./measure.ts");
try {
  if (values.profile.length > 0) await profile(values.profile);
  else if (values.beside !== undefined) await measureBeside(values.beside, values.only, pace);
  else if (values.only.length > 0) await measureJourneys(values.only, pace);
  else {
    const measurement = await measure(pace);
    const { writeDocuments } = await import("./documents/write-documents.ts");
    if (pace === FULL) writeDocuments(measurement);
  }
} catch (error) {
  process.exitCode = 1;
  printFailure(error);
}
