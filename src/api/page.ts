/**
 * Pages of lists: `limit` and an opaque `cursor` in, `next_cursor` out. The middleware checks the query
 * and gives it a type, which Hono's client knows too.
 */
import { createMiddleware } from "hono/factory";
import * as v from "valibot";
import type { Config } from "../config/config.ts";
import type { ApiEnvironment } from "../http/context.ts";
import { invalidRequest } from "../http/problems.ts";
import { decodedJson, encodedJson } from "../lib/bytes.ts";
import type { FieldError, ProblemResponse } from "../lib/problem.ts";
import { acceptedBy, integer } from "../lib/validate.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The longest ids are names of templates, of up to 512 characters, with their language. */
const POSITION_ID_MAX_CHARACTERS = 600;

/** Where a page ends: the time and id of its last row, which later rows don't move. */
export type Position = { at: number; id: string };

export type PageRequest<After = Position> = { limit: number; after: After | null };

/** `Page` may have more than its place, such as a filter. */
export type PageResult<Page extends PageRequest<unknown> = PageRequest> =
  | { ok: true; page: Page }
  | { ok: false; errors: FieldError[] };

/** The query parameters of any list. */
export type PageQuery = { readonly limit?: string; readonly cursor?: string };

/** A position as a cursor contains it. */
export const positionSchema = v.strictTuple([
  integer,
  v.pipe(v.string(), v.maxLength(POSITION_ID_MAX_CHARACTERS)),
]);

export function parsePage(query: PageQuery): PageResult {
  return parsePageWith(query, parsePosition);
}

/** The same for a list whose cursor contains more than a position. */
export function parsePageWith<After>(
  query: PageQuery,
  parseCursor: (cursor: string) => After | null,
): PageResult<PageRequest<After>> {
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

/** A page as the API answers it. The caller reads one row more than `limit`, to know if more follow. */
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
  return encodedJson([at, id]);
}

function parsePosition(cursor: string): Position | null {
  const position = acceptedBy(positionSchema, decodedJson(cursor));
  return position === null ? null : { at: position[0], id: position[1] };
}

type ParsePage = (
  query: Readonly<Record<string, string>>,
  config: Config,
  caller: string,
) => PageResult<PageRequest<unknown>>;

type PageOf<Parse extends ParsePage> = Extract<ReturnType<Parse>, { ok: true }>["page"];

/** Parses the query to a page, or refuses with 422; `parse` declares the parameters by its argument. */
export function pageQuery<Parse extends ParsePage>(parse: Parse) {
  type Asked = { in: { query: Parameters<Parse>[0] }; out: { query: PageOf<Parse> } };
  return createMiddleware<ApiEnvironment, string, Asked, ProblemResponse>(async (context, next) => {
    const { caller, config } = context.var;
    const parsed = parse(context.req.query(), config, caller?.name ?? "");
    if (!parsed.ok) return invalidRequest(context, parsed.errors);
    context.req.addValidatedData("query", parsed.page);
    await next();
    return undefined;
  });
}
