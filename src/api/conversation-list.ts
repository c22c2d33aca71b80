/** A page of conversations, for whoever asks by HTTP or by RPC. */
import { isBsuid } from "../customer/bsuid.ts";
import { canonicalPhone, parsePhone } from "../customer/phone-number.ts";
import type { FieldError } from "../http/problem.ts";
import {
  listConversations,
  type ConversationFilter,
  type ConversationRow,
} from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import {
  hasSeen,
  newWalk,
  nextRound,
  parseWalk,
  walkCursor,
  walkedPast,
  type Walk,
} from "./conversation-walk.ts";
import { conversationView } from "./conversation-view.ts";
import { parsePageWith, type PageQuery, type PageRequest, type PageResult } from "./page.ts";
import type { ConversationView } from "./schemas/conversation-schema.ts";

const FILTERS = ["status", "unread", "owner", "contact", "phone_number_id"] as const;

type FilterName = (typeof FILTERS)[number];

type Filters = { readonly [Name in FilterName]?: string };

export type ConversationPageRequest = PageRequest<Walk> & {
  filters: readonly ConversationFilter[];
};

/** Filters, `limit` and `cursor`; a contact is asked for alone. */
export function parseConversationPage(
  query: PageQuery & Filters,
): PageResult<ConversationPageRequest> {
  const paged = parsePageWith(query, (cursor) => parseWalk(cursor, Date.now()));
  const filtered = parseFilters(query);
  if (paged.ok && filtered.ok) {
    return { ok: true, page: { ...paged.page, filters: filtered.found } };
  }
  const errors = [...(paged.ok ? [] : paged.errors), ...(filtered.ok ? [] : filtered.errors)];
  return { ok: false, errors };
}

/** The end of a round and the beginning of the next may stand on one page. */
export async function conversationPage(
  database: Database,
  { filters, limit, after: walk }: ConversationPageRequest,
): Promise<{ data: ConversationView[]; next_cursor: string | null }> {
  const now = Date.now();
  const round = walk ?? newWalk(now);
  const rows = await unseen(database, filters, round, limit + 1);
  const shown = rows.slice(0, limit);
  const walked = walkedPast(round, shown.map(positionOf));
  if (rows.length > limit) return pageOf(shown, now, walked);
  // One page alone is no walk.
  if (walk === null) return pageOf(shown, now, null);
  const following = nextRound(walked, now);
  const left = limit - shown.length;
  const onPage = new Set(shown.map(({ id }) => id));
  const found = await unseen(database, filters, following, left + 1 + shown.length);
  const moved = found.filter(({ id }) => !onPage.has(id));
  const more = moved.slice(0, left);
  const isOver = moved.length <= left;
  return pageOf(
    [...shown, ...more],
    now,
    isOver ? null : walkedPast(following, more.map(positionOf)),
  );
}

/** The next rows of a round. One that knows what was shown begins at the top each time. */
async function unseen(
  database: Database,
  filters: readonly ConversationFilter[],
  walk: Walk,
  limit: number,
): Promise<ConversationRow[]> {
  const { after, since, seen } = walk;
  const isAtTop = after === null || (since !== null && seen !== null);
  const rows = await listConversations(database, {
    filters,
    after: isAtTop ? null : { last_message_at: after.at, id: after.id },
    // What a short walk went through is as short once more.
    written: since === null ? null : { at: since, among: seen === null ? "recent" : "all" },
    limit: since === null ? limit : limit + (seen?.length ?? 0),
  });
  if (since === null) return rows;
  return rows.filter(({ id }) => !hasSeen(walk, id)).slice(0, limit);
}

function positionOf({ id, last_message_at: at }: ConversationRow): { id: string; at: number } {
  return { id, at };
}

function pageOf(rows: readonly ConversationRow[], now: number, next: Walk | null) {
  return {
    data: rows.map((row) => conversationView(row, now)),
    next_cursor: next === null ? null : walkCursor(next),
  };
}

type FilterResult<Found> = { ok: true; found: Found } | { ok: false; errors: FieldError[] };

function parseFilters(query: Filters): FilterResult<ConversationFilter[]> {
  const given = FILTERS.filter((name) => query[name] !== undefined);
  if (query.contact !== undefined && given.length > 1) {
    const others = given.filter((name) => name !== "contact").join(" and ");
    return refuse("contact", `is asked for alone: leave out ${others}`);
  }
  const results = given.map((name) => parseFilter(name, query[name] ?? ""));
  const errors = results.flatMap((result) => (result.ok ? [] : result.errors));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, found: results.flatMap((result) => (result.ok ? [result.found] : [])) };
}

function parseFilter(name: FilterName, value: string): FilterResult<ConversationFilter> {
  switch (name) {
    case "status":
      return value === "pending" || value === "active" || value === "closed"
        ? { ok: true, found: { by: "status", status: value } }
        : refuse(name, "must be pending, active or closed");
    case "unread":
      return value === "true"
        ? { ok: true, found: { by: "unread" } }
        : refuse(name, "must be true; or leave it out");
    case "owner":
      return { ok: true, found: { by: "owner", owner: value } };
    case "contact":
      return { ok: true, found: contactFilter(value) };
    case "phone_number_id":
      return { ok: true, found: { by: "phone_number_id", phone_number_id: value } };
  }
}

function contactFilter(value: string): ConversationFilter {
  if (isBsuid(value)) return { by: "user", user_id: value };
  const phone = parsePhone(value);
  return phone.ok
    ? { by: "phone", phone: canonicalPhone(phone.digits) }
    : { by: "verbatim", identity: value };
}

function refuse(name: string, detail: string): { ok: false; errors: FieldError[] } {
  return { ok: false, errors: [{ pointer: `/${name}`, detail }] };
}
