/**
 * Measures Paloma against the least that the platform asks, in the same run, and writes what came
 * of it into `docs/`: `npm run bench`, or `npm run bench -- --quick` to see that it runs (which
 * writes nothing). Linux alone tells the CPU time of processes in the way that is read here.
 */
import { parseArgs } from "node:util";
import { installDependencies } from "./install-dependencies.ts";
import { FULL, QUICK } from "./pace.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });

installDependencies();
// Only now: it needs what was just installed.
const { measure } = await import("./measure.ts");
const measurement = await measure(values.quick ? QUICK : FULL);
if (!values.quick) {
  const { writeDocuments } = await import("./documents/write-documents.ts");
  writeDocuments(measurement);
}
