/** Finds phones in texts, also in JSON text, however people and systems write them: pure. */

/** What stands between digits: spaces, dashes, dots, slashes, brackets, invisible marks. */
export const SEPARATOR = String.raw`[\s\p{Pd}\p{Cf}./()[\]]`;

/** A `wa_id` may have 5 digits; separated digits are a phone from 7 on. */
const FEWEST_DIGITS = 5;
const FEWEST_DIGITS_APART = 7;

/** ITU-T E.164. */
const MOST_DIGITS = 15;

/** The international prefix before a country code. */
const INTERNATIONAL = "00";

const APART = `${SEPARATOR}*`;
const DIGITS_AND_SEPARATORS = new RegExp(String.raw`\d(?:${APART}\d)*`, "gu");
const SEPARATORS = new RegExp(`${SEPARATOR}+`, "u");

/** JSON's escapes, also those of JSON text within JSON text at any depth. */
const ESCAPED_UNIT = /\\+u([0-9a-f]{4})/gi;
const ESCAPED_SPACE = /\\+[bfnrt]/g;

/** The text with those of its JSON escapes resolved that can stand beside digits. */
export function withoutEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replaceAll(ESCAPED_UNIT, (_escape, unit: string) =>
      String.fromCharCode(Number.parseInt(unit, 16)),
    )
    .replaceAll(ESCAPED_SPACE, " ")
    .replaceAll(/\\+\//g, "/");
}

/** The source of a pattern (flag u) that finds these digits, but not within a longer number. */
export function phonePattern(digits: string): string {
  const [international, phone] = [INTERNATIONAL, digits].map((each) => each.split("").join(APART));
  return String.raw`(?<!\d)(?:${international}${APART})?${phone}(?!\d)`;
}

/**
 * A LIKE pattern that matches every text with these digits, whatever separates them, and few other
 * texts; D1 limits a pattern to 50 bytes. It does not match digits that are escaped themselves.
 */
export function likePhone(digits: string): string {
  return `%${digits.slice(0, MOST_DIGITS).split("").join("%")}%`;
}

/** Everything in a text without escapes that may be a phone, as digits. */
export function phonesIn(text: string): string[] {
  return [...text.matchAll(DIGITS_AND_SEPARATORS)].flatMap(([run]) =>
    phonesOfGroups(run.split(SEPARATORS)),
  );
}

/** Any run of neighbouring groups may be one phone. */
function phonesOfGroups(groups: readonly string[]): string[] {
  const phones: string[] = [];
  for (const start of groups.keys()) {
    let digits = "";
    for (let end = start; end < groups.length; end += 1) {
      digits += groups[end] ?? "";
      if (digits.length > INTERNATIONAL.length + MOST_DIGITS) break;
      const fewest = end === start ? FEWEST_DIGITS : FEWEST_DIGITS_APART;
      const phone = digits.startsWith(INTERNATIONAL) ? digits.slice(INTERNATIONAL.length) : digits;
      if (phone.length >= fewest && phone.length <= MOST_DIGITS) phones.push(phone);
    }
  }
  return phones;
}
