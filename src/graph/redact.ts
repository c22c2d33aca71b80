/** Strikes out of Meta's words what must not be repeated: pure. */
import { canonicalPhone, spellingsOf } from "../customer/phone-number.ts";
import { isMetaWord } from "./meta-words.ts";
import type { Withheld } from "./withheld-texts.ts";

const REPLACEMENT = "[withheld]";

/** What is written between the digits of a phone. */
const BETWEEN_DIGITS = String.raw`[\s\p{Pd}\p{Cf}./()]*`;

/** A phone within a text: 7 digits or more, however they are written. */
const PHONE = new RegExp(String.raw`(?<!\d)\d(?:${BETWEEN_DIGITS}\d){6,14}(?!\d)`, "gu");

/** As long as this a word is no part of Meta's own. */
const LONG_WORD_CHARACTERS = 20;

/** What Meta puts around a value that it quotes. */
const [QUOTED_BEFORE, QUOTED_AFTER] = [String.raw`(?<=["'“”‘«\x60])`, String.raw`(?=["'“”’»\x60])`];

/** Fewer digits say nothing, and may be Meta's own count or code. */
const SHORT_NUMBER = /^\d{1,3}$/;

/**
 * A plain word that somebody wrote goes where it stands as a word, and one that is Meta's own as well
 * only where it is quoted: the body "the" must not take every "the" away. Phones go in every spelling.
 */
export function redact(text: string, withheld: readonly Withheld[]): string {
  let redacted = text;
  for (const secret of withheld) {
    if (typeof secret === "string") redacted = redacted.replaceAll(secret, REPLACEMENT);
  }
  const written = withheld.flatMap((each) => (typeof each === "string" ? [] : [each.written]));
  // The longer first: a name may be a part of another text.
  for (const each of written.toSorted((one, other) => other.length - one.length)) {
    if (!mayNameIt(redacted, each)) continue;
    redacted = redacted.replaceAll(patternOf(each), REPLACEMENT);
  }
  const digits = digitsOf(redacted);
  const phones = written.flatMap(phonesIn).filter((phone) => digits.includes(phone));
  for (const phone of new Set(phones)) {
    redacted = redacted.replaceAll(phonePattern(phone), REPLACEMENT);
  }
  return redacted;
}

/** A quick look, for there may be very many texts. */
function mayNameIt(text: string, written: string): boolean {
  const [first = ""] = written.split(/\s/u, 1);
  return text.includes(first) || text.includes(escapedInJson(first));
}

function patternOf(written: string): RegExp {
  const words = written.split(/\s+/u);
  const [word = ""] = words;
  if (words.length > 1 || word.length >= LONG_WORD_CHARACTERS) return anywhere(words);
  const letters = inEitherForm(word);
  if (SHORT_NUMBER.test(word) || isMetaWord(word) || /^[!-/:-@[-`{-~]+$/.test(word)) {
    return new RegExp(`${QUOTED_BEFORE}${letters}${QUOTED_AFTER}`, "gu");
  }
  const before = /^[\p{L}\p{N}_]/u.test(word) ? String.raw`(?<![\p{L}\p{N}_])` : "";
  const after = /[\p{L}\p{N}_]$/u.test(word) ? String.raw`(?![\p{L}\p{N}_])` : "";
  return new RegExp(before + letters + after, "gu");
}

function anywhere(words: readonly string[]): RegExp {
  // Between words Meta may write another space, or the escape of one.
  return new RegExp(words.map(inEitherForm).join(String.raw`(?:\s|\\[nrt])+`), "gu");
}

/** As it is, or as it stands in JSON. */
function inEitherForm(word: string): string {
  const forms = [...new Set([word, escapedInJson(word)])].map(escapedInPattern);
  return `(?:${forms.join("|")})`;
}

function escapedInJson(word: string): string {
  return JSON.stringify(word)
    .slice(1, -1)
    .replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapedInPattern(text: string): string {
  return text.toWellFormed().replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** Every phone in a text, in each spelling that Meta may know it by. */
function phonesIn(text: string): string[] {
  return (text.match(PHONE) ?? []).flatMap((spelled) => {
    const digits = digitsOf(spelled);
    return [digits, ...spellingsOf(canonicalPhone(digits))];
  });
}

function phonePattern(digits: string): RegExp {
  return new RegExp(String.raw`(?<!\d)\+?${digits.split("").join(BETWEEN_DIGITS)}(?!\d)`, "gu");
}

function digitsOf(text: string): string {
  return text.replaceAll(/\D/g, "");
}
