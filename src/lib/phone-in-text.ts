/** Phones as people and systems write them in texts, JSON's own text too: pure. */
/** What stands between digits: spaces, dashes, dots, slashes, brackets, marks that nobody sees. */
export const SEPARATOR = String.raw`[\s\p{Pd}\p{Cf}./()[\]]`;

/** A `wa_id` may have as few; more than that are needed where the digits stand apart. */
const FEWEST_DIGITS = 5;
const FEWEST_DIGITS_APART = 7;

/** ITU-T E.164. */
const MOST_DIGITS = 15;

/** Dialled before a country code. */
const INTERNATIONAL = "00";

const APART = `${SEPARATOR}*`;
const DIGITS_AND_SEPARATORS = new RegExp(String.raw`\d(?:${APART}\d)*`, "gu");
const SEPARATORS = new RegExp(`${SEPARATOR}+`, "u");

/** JSON's escapes, also of JSON that is itself a text in JSON, however deep. */
const ESCAPED_UNIT = /\\+u([0-9a-f]{4})/gi;
const ESCAPED_SPACE = /\\+[bfnrt]/g;

/** A text with what JSON escapes in it resolved, as far as it can stand beside digits. */
export function withoutEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replaceAll(ESCAPED_UNIT, (_escape, unit: string) =>
      String.fromCharCode(Number.parseInt(unit, 16)),
    )
    .replaceAll(ESCAPED_SPACE, " ")
    .replaceAll(/\\+\//g, "/");
}

/** The source of a pattern, with the flag u, that finds these digits but not as part of more. */
export function phonePattern(digits: string): string {
  const [international, phone] = [INTERNATIONAL, digits].map((each) => each.split("").join(APART));
  return String.raw`(?<!\d)(?:${international}${APART})?${phone}(?!\d)`;
}

/**
 * A pattern of LIKE that every text with these digits in it matches, whatever stands between them, and
 * few others do; D1 takes 50 bytes. Digits that are escaped themselves it does not know.
 */
export function likePhone(digits: string): string {
  return `%${digits.slice(0, MOST_DIGITS).split("").join("%")}%`;
}

/** All that may be a phone in a text without escapes, as digits; some of them are none. */
export function phonesIn(text: string): string[] {
  return [...text.matchAll(DIGITS_AND_SEPARATORS)].flatMap(([run]) =>
    phonesOfGroups(run.split(SEPARATORS)),
  );
}

/** Any groups beside each other may be one phone. */
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
