/**
 * Removes secrets and customers' words from Meta's error texts, which may quote the message: pure.
 * `textsToRedact` collects the texts of a message, and `redact` removes them from an error.
 */
import type { JsonObject } from "../lib/json.ts";
import { canonicalPhone, spellingsOf } from "../lib/phone.ts";

/** The words of Meta's own errors, in lower case: a single one reveals nothing of a message. */
const META_WORDS: ReadonlySet<string> = new Set(
  `a about access account accounts action active allowed already an and any api app are as at
  attachment audio authentication be because been before being between blocked body business button
  buttons by call calls can cannot caption category character characters click code component
  components contact contacts content could country created currency customer data date deleted
  delivered denied details did disabled document does download due during each eligibility eligible
  empty enabled error errors exceed exceeded exceeds exist exists expected expired failed false field
  file flow footer for format found from general generic get group had has have header healthy hit
  hours id ids if image in incoming incorrect integrity interactive internal invalid is issue issues
  it its key language large last later least length less limit link list location locked long many
  marketing match max maximum media message messages messaging meta method mime min minimum missing
  more most must name need new no not null number numbers object of older on once one only or other
  out pair param parameter parameters params paused payment per permission permissions phone please
  policy preview quality query rate re-engagement reached read reason received recipient recipients
  refused rejected reply request requested required requires restricted restriction reached row rows
  section sections see send sender sending sent service session should since size spam status sticker
  stopped string supported system temporarily template templates text than that the their them then
  there these this time title to token too translation true try type undeliverable unable unavailable
  unknown unsupported until upload url use used user users utility valid value values verification
  version video violation violations violated was were when which whatsapp while will window with
  within without wrong you your`.split(/\s+/),
);

function isMetaWord(word: string): boolean {
  return META_WORDS.has(word.toLowerCase());
}

/** A secret, which is removed everywhere, or a text that a person wrote, which may be a plain word. */
export type Withheld = string | { written: string };

/** Members with Meta's or the operator's own words, which an operator must see in an error. */
const TECHNICAL = new Set([
  "messaging_product",
  "recipient_type",
  "type",
  "sub_type",
  "index",
  "code",
  "policy",
  "status",
  "id",
  "message_id",
  "media_id",
  "product_retailer_id",
  "catalog_id",
  "parameter_name",
  "biz_opaque_callback_data",
]);

/** Objects whose `name` is that of a template or an action, not of a person. */
const NAMED = new Set(["template", "action"]);

/** The recipient and every text that is not technical, even a single word; each once. */
export function textsToRedact(body: JsonObject): Withheld[] {
  const texts = new Set<string>();
  // A stack instead of recursion: content may nest at any depth.
  const pending: { name: string; value: unknown }[] = [{ name: "", value: body }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name: parent, value } = next;
    if (typeof value === "string" && value.trim() !== "") texts.add(value.trim());
    if (typeof value !== "object" || value === null) continue;
    const isList = Array.isArray(value);
    for (const [member, inner] of Object.entries(value)) {
      const name = isList ? parent : member;
      if (typeof inner === "string" && isTechnical(parent, name)) continue;
      pending.push({ name, value: inner });
    }
  }
  return [...texts].map((written) => ({ written }));
}

function isTechnical(parent: string, name: string): boolean {
  return TECHNICAL.has(name) || (name === "name" && NAMED.has(parent));
}

const REPLACEMENT = "[withheld]";

/** What may stand between the digits of a phone. */
const BETWEEN_DIGITS = String.raw`[\s\p{Pd}\p{Cf}./()]*`;

/** A phone in a text: 7 digits or more, with any separators. */
const PHONE = new RegExp(String.raw`(?<!\d)\d(?:${BETWEEN_DIGITS}\d){6,14}(?!\d)`, "gu");

/** Meta's own words are shorter than this. */
const LONG_WORD_CHARACTERS = 20;

/** The quotation marks that Meta writes around a value. */
const [QUOTED_BEFORE, QUOTED_AFTER] = [String.raw`(?<=["'“”‘«\x60])`, String.raw`(?=["'“”’»\x60])`];

/** So few digits reveal nothing, and may be Meta's own count or code. */
const SHORT_NUMBER = /^\d{1,3}$/;

/**
 * Removes secrets everywhere, a written word where it stands as a whole word, and a word that Meta
 * also uses only within quotation marks: the body "the" must not remove every "the". Removes phones in
 * every spelling.
 */
export function redact(text: string, withheld: readonly Withheld[]): string {
  let redacted = text;
  for (const secret of withheld) {
    if (typeof secret === "string") redacted = redacted.replaceAll(secret, REPLACEMENT);
  }
  const written = withheld.flatMap((each) => (typeof each === "string" ? [] : [each.written]));
  // Longer texts first: a name may be part of another text.
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

/** A fast first test: there may be very many texts. */
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
  // Between words Meta may write another whitespace character, or its escape.
  return new RegExp(words.map(inEitherForm).join(String.raw`(?:\s|\\[nrt])+`), "gu");
}

/** As written, or as JSON escapes it. */
function inEitherForm(word: string): string {
  const forms = [...new Set([word, escapedInJson(word)])].map((form) =>
    RegExp.escape(form.toWellFormed()),
  );
  return `(?:${forms.join("|")})`;
}

function escapedInJson(word: string): string {
  return JSON.stringify(word)
    .slice(1, -1)
    .replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Every phone in a text, in each spelling that Meta may use. */
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
