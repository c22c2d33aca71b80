import { readFileSync } from "node:fs";
import type { JsonValue } from "../../src/lib/json.ts";
import { bodyContents, type SaidThing } from "./body-contents.ts";
import { withUniqueIds } from "./with-unique-ids.ts";

/** A webhook body to post, and what it says. */
export type Recording = { bytes: Uint8Array; contents: readonly SaidThing[] };

/** Reads a recorded body; with a suffix, its ids become its own. What is not JSON stays as it is. */
export function readRecording(path: string, idSuffix: string | null): Recording {
  const bytes = readFileSync(path);
  const text = bytes.toString("utf8");
  const contents = contentsOf(text);
  if (contents === null || idSuffix === null) return { bytes, contents: contents ?? [] };
  const unique = withUniqueIds(text, contents, idSuffix);
  return { bytes: Buffer.from(unique), contents: contentsOf(unique) ?? [] };
}

function contentsOf(text: string): SaidThing[] | null {
  try {
    const body: JsonValue = JSON.parse(text);
    return bodyContents(body);
  } catch {
    return null;
  }
}
