/**
 * D1 and the SQLite of an object take at most 2,000,000 bytes in one value, be it stored or bound.
 * What may be larger is split by characters here: one takes at most 3 bytes of UTF-8 per UTF-16 unit.
 * https://developers.cloudflare.com/d1/platform/limits/
 * https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const VALUE_LIMIT_CHARACTERS = 600_000;

export function fitsValue(text: string): boolean {
  return text.length <= VALUE_LIMIT_CHARACTERS;
}

/** The rows as JSON arrays, each small enough to be bound; a row alone must fit. */
export function jsonChunks(rows: readonly unknown[]): string[] {
  const chunks: string[] = [];
  let chunk: string[] = [];
  let characters = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (chunk.length > 0 && characters + text.length > VALUE_LIMIT_CHARACTERS) {
      chunks.push(`[${chunk.join(",")}]`);
      chunk = [];
      characters = 0;
    }
    chunk.push(text);
    characters += text.length + 1;
  }
  if (chunk.length > 0) chunks.push(`[${chunk.join(",")}]`);
  return chunks;
}

/** The first of the rows that fit into one value together; one alone must fit. */
export function firstToFit<Row>(rows: Iterable<Row>): Row[] {
  const fitting: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    characters += JSON.stringify(row).length + 1;
    if (fitting.length > 0 && characters > VALUE_LIMIT_CHARACTERS) break;
    fitting.push(row);
  }
  return fitting;
}

/** A text in parts that fit, none of which ends within a surrogate pair. */
export function textParts(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + VALUE_LIMIT_CHARACTERS, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
