/** Pages of lists: `limit` and an opaque `cursor` in, `next_cursor` out. */
import * as v from "valibot";
import type { FieldError } from "../http/problem.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The longest ids are names of templates, of up to 512 characters, with their language. */
const POSITION_ID_MAX_CHARACTERS = 600;

/** Where a page ends: the time and id of its last row. Rows that arrive later do not move it. */
export type Position = { at: number; id: string };

export type PageRequest = { limit: number; after: Position | null };

/** `Page` may say more than where it is, such as a filter. */
export type PageResult<Page extends PageRequest = PageRequest> =
  | { ok: true; page: Page }
  | { ok: false; errors: FieldError[] };

/** What the query of any list may hold. */
export type PageQuery = { readonly limit?: string; readonly cursor?: string };

const cursorSchema = v.tuple([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.maxLength(POSITION_ID_MAX_CHARACTERS)),
]);

export function parsePage(query: PageQuery): PageResult {
  const errors: FieldError[] = [];
  const { limit = String(DEFAULT_LIMIT), cursor } = query;
  const number = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (number < 1 || number > MAX_LIMIT) {
    errors.push({ pointer: "/limit", detail: `must be a whole number from 1 to ${MAX_LIMIT}` });
  }
  const after = cursor === undefined ? null : parseCursor(cursor);
  if (cursor !== undefined && after === null) {
    errors.push({
      pointer: "/cursor",
      detail: "must be the next_cursor of an earlier page, unchanged",
    });
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, page: { limit: number, after } };
}

/** A page as it is answered; a full one may have more behind it. */
export function pageView<Row, View>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
  view: (row: Row) => View,
): { data: View[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(view),
    next_cursor: rows.length > limit && last !== undefined ? cursorOf(position(last)) : null,
  };
}

function cursorOf({ at, id }: Position): string {
  return new TextEncoder()
    .encode(JSON.stringify([at, id]))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

function parseCursor(cursor: string): Position | null {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const [at, id] = v.parse(cursorSchema, JSON.parse(new TextDecoder().decode(bytes)));
    return { at, id };
  } catch {
    return null;
  }
}
