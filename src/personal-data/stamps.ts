/** Times in raw values, which have as many digits as phones have: pure. */
import type { JsonValue } from "../json/json.ts";

/** How members are called that hold a time: `timestamp`, `creation_timestamp`, `time`, `expires_at` … */
const TIME_NAME = String.raw`(?:timestamp|time|date|expiration|expiry|expires|_at)`;

/** Seconds or milliseconds from 2001 to 2100 in 10 or 13 digits. */
const STAMP = String.raw`(?:[1-3]\d{9}|40\d{8})(?:\d{3})?`;

/** Such a member in JSON text, or in JSON text that is itself a text of another. */
const STAMP_MEMBER = new RegExp(
  String.raw`(?<=${TIME_NAME}\\*"\s*:\s*(?:\\*")?)${STAMP}(?!\d)`,
  "gi",
);

const NAMES_TIME = new RegExp(`${TIME_NAME}$`, "i");
const IS_STAMP = new RegExp(`^${STAMP}$`);

/** JSON text, or any other, without the times in it. */
export function withoutStamps(text: string): string {
  return text.replaceAll(STAMP_MEMBER, "");
}

/** Whether a member holds a time. */
export function isStamp(name: string, value: JsonValue | undefined): boolean {
  return (
    (typeof value === "string" || typeof value === "number") &&
    IS_STAMP.test(String(value)) &&
    NAMES_TIME.test(name)
  );
}
