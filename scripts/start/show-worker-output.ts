import { shortLogLine } from "./short-log-line.ts";

/** Warnings of wrangler that hold for every Worker in development and mean nothing for this one. */
const EXPECTED_WARNINGS = [/Scheduled Workers are not automatically triggered/];

/** What wrangler says of itself: where it listens, and each request, which the Worker's log has too. */
const OF_WRANGLER = /^\[wrangler:info\]/;

/**
 * Prints what wrangler and the Worker say, line by line, but for the expected.
 *
 * @param showsReads whether requests that only read are shown by now
 */
export function showWorkerOutput(showsReads: () => boolean): (line: string) => void {
  let isExpected = false;
  return (line) => {
    if (OF_WRANGLER.test(line)) return;
    // What belongs to a warning is indented below its first line.
    if (!line.startsWith(" ")) isExpected = EXPECTED_WARNINGS.some((warning) => warning.test(line));
    const shown = isExpected ? null : shortLogLine(line, showsReads());
    if (shown !== null) console.error(`worker    | ${shown}`);
  };
}
