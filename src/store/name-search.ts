/** Finds people by parts of their name or number, without an index: D1 reads conversations one by one. */
import { folded } from "../lib/folded.ts";
import type { Country } from "../lib/numbering-plan.ts";
import { asciiDigit, parsePhone } from "../lib/parse-phone.ts";
import { canonicalPhone } from "../lib/phone.ts";
import { sql, type SQL } from "./sql.ts";

/** A word to be found in a name, or any of these digits in a number. */
export type SearchTerm = { text: string; digits: readonly string[] };

/** Fewer are in half of all numbers. */
const DIGITS_MIN = 3;

/** More would say nothing more; each is a condition in the statement. */
const TERMS_MAX = 8;

const LETTER = /\p{L}/u;

const NOT_DIGITS = /\P{Nd}/gu;

const DIGIT = /\p{Nd}/gu;

/** Usernames are shown with it and stored without. */
const BEFORE_USERNAME = /^@(?=.)/u;

/**
 * The words of what a person types; digits alone are one number, however they are spaced. A whole number is
 * looked for in the spelling of conversations as well.
 *
 * @param country whose national numbers are understood
 */
export function searchTerms(typed: string, country: Country | null): SearchTerm[] {
  const phone = parsePhone(typed, country);
  const whole = phone.ok ? [phone.digits, canonicalPhone(phone.digits)] : [];
  const isOne = phone.ok || !LETTER.test(typed);
  const words = isOne ? [folded(typed).trim()] : folded(typed).split(/\s+/u);
  return words
    .filter((word) => word !== "")
    .slice(0, TERMS_MAX)
    .map((word) => ({
      text: word.replace(BEFORE_USERNAME, ""),
      digits: [...new Set([...partOfNumber(word), ...whole])],
    }));
}

function partOfNumber(word: string): string[] {
  const digits = word.replaceAll(NOT_DIGITS, "").replaceAll(DIGIT, asciiDigit);
  return LETTER.test(word) || digits.length < DIGITS_MIN ? [] : [digits];
}

/** Whether a conversation's person has all of these. */
export function isFoundBy(terms: readonly SearchTerm[]): SQL {
  return sql.join(
    terms.map(({ text, digits }) => {
      const isNamed = sql`
        instr(CASE WHEN ${IS_UNFOLDED} THEN ${namesFoldedFor(text)} ELSE ${FOLDED} END, ${text}) > 0`;
      const isNumbered = digits.map((part) => sql`instr(${NUMBERS}, ${part}) > 0`);
      return sql`(${sql.join([isNamed, ...isNumbered], sql` OR `)})`;
    }),
    sql` AND `,
  );
}

/** Numbers that a part could be of, with a space between so that no part is of both. */
const NUMBERS = sql.raw("(coalesce(phone, '') || ' ' || coalesce(wa_id, ''))");

const FOLDED = sql.raw("coalesce(contact_folded || ' ', '') || profile_folded");

/** Whether a name waits for upkeep to fold it; its index has the same condition. */
export const IS_UNFOLDED = sql.raw(
  "(profile_folded IS NULL OR contact_name IS NOT NULL AND contact_folded IS NULL)",
);

/** Until upkeep folds them, D1 folds the letters of Western Europe. */
const NAMES =
  "(coalesce(contact_name, '') || ' ' || coalesce(profile_name, '') || ' ' || coalesce(username, ''))";

/** Most names have no letter to replace. */
const ARE_PLAIN = `length(${NAMES}) = length(CAST(${NAMES} AS BLOB))`;

/** SQLite folds the capitals of English alone: these are all other characters of Western Europe. */
const LATIN_1 = { first: 0xa1, last: 0xff };

/** Marks that some devices write behind the letter: grave, acute, circumflex, tilde, diaeresis. */
const MARKS = ["\u0300", "\u0301", "\u0302", "\u0303", "\u0308"];

const FOLDED_LETTERS = [
  ...Array.from({ length: LATIN_1.last - LATIN_1.first + 1 }, (_letter, place) =>
    String.fromCodePoint(LATIN_1.first + place),
  ),
  ...MARKS,
].flatMap((letter) => (folded(letter) === letter ? [] : [{ letter, plain: folded(letter) }]));

/** The names with those letters folded that the word has: each replacement costs time for each row. */
function namesFoldedFor(word: string): SQL {
  const replaced = FOLDED_LETTERS.filter(({ plain }) => word.includes(plain)).reduce(
    (names, { letter, plain }) => `replace(${names}, '${letter}', '${plain}')`,
    NAMES,
  );
  return sql.raw(`lower(CASE WHEN ${ARE_PLAIN} THEN ${NAMES} ELSE ${replaced} END)`);
}
