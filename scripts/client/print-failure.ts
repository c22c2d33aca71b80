import { AssertionError } from "node:assert";
import { PlainError } from "./plain-error.ts";

/** Prints why a script ends: a stack only where the script itself is at fault. */
export function printFailure(error: unknown): void {
  if (error instanceof PlainError || error instanceof AssertionError) {
    console.error(`\n${error.message}`);
  } else {
    console.error(error);
  }
}
