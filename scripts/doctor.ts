/**
 * `npm run doctor -- URL`: prints what `GET /v1/doctor` finds, with the remedy for all that is not
 * right. Ends with 1 if anything fails.
 */
import { printFailure } from "./client/print-failure.ts";
import { readDoctorOptions } from "./doctor/doctor-options.ts";
import { printChecks } from "./doctor/print-checks.ts";
import { readChecks } from "./doctor/read-checks.ts";

try {
  const { url, token } = readDoctorOptions(process.argv.slice(2), process.env);
  const examination = await readChecks(url, token);
  printChecks(examination);
  process.exitCode = examination.result === "fail" ? 1 : 0;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
