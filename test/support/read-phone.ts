import { parsePhone, type PhoneResult } from "../../src/lib/parse-phone.ts";

/** As where no country is set. */
export function readPhone(spelling: string): PhoneResult {
  return parsePhone(spelling, null);
}
