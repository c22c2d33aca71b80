/** Warnings of wrangler that hold for every Worker in development and tell nothing about this one. */
const EXPECTED_WARNINGS = [/Scheduled Workers are not automatically triggered/];

/** Prints what wrangler and the Worker say, line by line, but for the expected. */
export function showWorkerOutput(): (line: string) => void {
  let isExpected = false;
  return (line) => {
    // What belongs to a warning is indented below its first line.
    if (!line.startsWith(" ")) isExpected = EXPECTED_WARNINGS.some((warning) => warning.test(line));
    if (!isExpected) console.error(`worker    | ${line}`);
  };
}
