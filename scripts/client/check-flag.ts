import { parseArgs } from "node:util";

/** Whether `--check` was given; ends the script where anything else was. */
export function readCheckFlag(command: string): boolean {
  try {
    return parseArgs({ options: { check: { type: "boolean", default: false } } }).values.check;
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : "?"}\nUsage: ${command} -- [--check]`,
    );
    process.exit(1);
  }
}
