/**
 * A customer's text as parts: links, and what WhatsApp shows for `*bold*`, `_italic_`, `~strike~` and
 * ```` ```code``` ````. The parts become elements, never markup. Pure.
 */

export type Part =
  | { kind: "text"; text: string }
  | { kind: "link"; href: string; text: string }
  | { kind: "bold" | "italic" | "strike"; parts: Part[] }
  | { kind: "code"; text: string };

/** They turn the reading direction, and so let a text look like another. */
const DIRECTION_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/gu;

const REPLACEMENT = "\uFFFD";

const CODE = /```([^`]+)```/u;

/** A web address, an e-mail address or an international phone number. */
const LINK =
  /(?<web>\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>"]+)|(?<mail>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b)|(?<phone>\+\d[\d ().-]{7,18}\d)/iu;

/** They end a sentence rather than an address. */
const TRAILING = new Set(`.,;:!?'"*_~…)]`);

const MARKS = { "*": "bold", _: "italic", "~": "strike" } as const;

/** From a mark after a space or at the start to the same mark before a space, punctuation or the end. */
const MARKED =
  /(?<=^|[\s([{.,;:!?¡¿"'*_~-])([*_~])(?=\S)([^\n]{0,1000}?\S)\1(?=$|[\s)\]}.,;:!?"'*_~-])/u;

/** The text with nothing in it that could make it look like another one. */
export function safeText(text: string): string {
  return text.replaceAll(DIRECTION_CONTROLS, REPLACEMENT);
}

export function parseText(text: string): Part[] {
  return parseCode(safeText(text));
}

function parseCode(text: string): Part[] {
  return split(text, CODE, (found) => ({ kind: "code", text: found[1] ?? "" }), parseLinks);
}

function parseLinks(text: string): Part[] {
  const parts: Part[] = [];
  let rest = text;
  for (let found = LINK.exec(rest); found !== null; found = LINK.exec(rest)) {
    const shown = withoutTrailing(found[0]);
    const href = hrefOf(shown, found.groups ?? {});
    parts.push(
      ...parseMarks(rest.slice(0, found.index)),
      href === null ? { kind: "text", text: shown } : { kind: "link", href, text: shown },
    );
    rest = rest.slice(found.index + shown.length);
  }
  return [...parts, ...parseMarks(rest)];
}

/** Not by a pattern: many such signs in the middle would take it a time that grows with their square. */
function withoutTrailing(address: string): string {
  let end = address.length;
  while (TRAILING.has(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}

/** Only addresses that open a page, a letter or a call. */
function hrefOf(text: string, { web, mail }: Record<string, string | undefined>): string | null {
  if (mail !== undefined) return `mailto:${text}`;
  if (web === undefined) return `tel:${text.replaceAll(/[^+\d]/gu, "")}`;
  try {
    const url = new URL(/^www\./iu.test(text) ? `https://${text}` : text);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

function parseMarks(text: string): Part[] {
  return split(
    text,
    MARKED,
    (found) => ({ kind: MARKS[markOf(found[1])], parts: parseMarks(found[2] ?? "") }),
    (rest) => (rest === "" ? [] : [{ kind: "text", text: rest }]),
  );
}

function markOf(mark: string | undefined): keyof typeof MARKS {
  return mark === "_" || mark === "~" ? mark : "*";
}

function split(
  text: string,
  pattern: RegExp,
  partOf: (found: RegExpExecArray) => Part,
  parseRest: (rest: string) => Part[],
): Part[] {
  const parts: Part[] = [];
  let rest = text;
  for (let found = pattern.exec(rest); found !== null; found = pattern.exec(rest)) {
    parts.push(...parseRest(rest.slice(0, found.index)), partOf(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return [...parts, ...parseRest(rest)];
}
