/**
 * `npm run large-media`: lets a 95 MB document through the built Worker in workerd, in from a
 * customer and out by upload, compares every byte, and prints what memory that took. Exits with 1 if
 * a byte differs or the Worker took more than a Worker may. Only Linux reports a process's memory.
 */
import { printFailure } from "../../scripts/client/print-failure.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { measureLargeMedia } from "./large-media/measure-large-media.ts";

const MEGABYTE = 1_000_000;

try {
  const { megabytes } = readNumbers(process.argv.slice(2), { megabytes: 95 });
  await measureLargeMedia(megabytes * MEGABYTE);
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();
