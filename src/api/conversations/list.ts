/** A page of a list of conversations. */
import type { Config } from "../../config/config.ts";
import type { FieldError } from "../../lib/problem.ts";
import {
  type ConversationFilter,
  listConversations,
  type WrittenSince,
} from "../../store/conversation-lists.ts";
import type { Database } from "../../store/d1.ts";
import type { ListedConversation } from "../../store/listed-conversation.ts";
import { listWaiting } from "../../store/waiting-list.ts";
import {
  type PageQuery,
  type PageRequest,
  type PageResult,
  parsePageWith,
  type Position,
} from "../page.ts";
import { doubtOf, type Filters, parseFilters } from "./filters.ts";
import { viewsWithLastMessage } from "./last-message.ts";
import type { ConversationView } from "./schema.ts";
import { conversationView } from "./view.ts";
import {
  hasSeen,
  isLastRound,
  newWalk,
  nextRound,
  parseWalk,
  type Walk,
  walkCursor,
  walkedPast,
} from "./walk.ts";

const LAST_MESSAGE = "last_message";

type ConversationPageRequest = PageRequest<Walk> & {
  filters: readonly ConversationFilter[];
  withLastMessage: boolean;
  /** Why `contact` may be misspelled: answered only if no conversation matches. */
  doubt: FieldError | null;
};

type ConversationPage =
  | { ok: true; data: ConversationView[]; next_cursor: string | null }
  | { ok: false; errors: FieldError[] };

/** Reads filters, `limit`, `cursor` and `include`; `contact` can't be combined with other filters. */
export function parseConversationPage(
  query: PageQuery & Filters & { readonly include?: string },
  config: Config,
  caller: string,
): PageResult<ConversationPageRequest> {
  const paged = parsePageWith(query, (cursor) => parseWalk(cursor, Date.now()));
  const filtered = parseFilters(query, config, caller);
  const { include = null } = query;
  const withLastMessage = include === LAST_MESSAGE;
  if (paged.ok && filtered.ok && (include === null || withLastMessage)) {
    const doubt = query.contact === undefined ? null : doubtOf(query.contact, config);
    return { ok: true, page: { ...paged.page, filters: filtered.found, withLastMessage, doubt } };
  }
  const detail = `must be ${LAST_MESSAGE}; or leave it out`;
  const errors = [
    ...(paged.ok ? [] : paged.errors),
    ...(filtered.ok ? [] : filtered.errors),
    ...(include === null || withLastMessage ? [] : [{ pointer: "/include", detail }]),
  ];
  return { ok: false, errors };
}

/** One page, which may have the end of one round and the beginning of the next. */
export async function conversationPage(
  database: Database,
  { filters, withLastMessage, doubt, limit, after: walk }: ConversationPageRequest,
): Promise<ConversationPage> {
  const now = Date.now();
  const pageOf = async (rows: readonly ListedConversation[], then: Walk | null) => ({
    ok: true as const,
    data: withLastMessage
      ? await viewsWithLastMessage(database, rows, now)
      : rows.map((row) => conversationView(row, now)),
    next_cursor: then === null ? null : walkCursor(then),
  });
  const round = walk ?? newWalk(now);
  const list = filters.some(({ by }) => by === "waiting") ? LONGEST_WAIT_FIRST : NEWEST_FIRST;
  const { positionOf } = list;
  const next = (from: Walk, most: number) =>
    unseen(list, database, filters, { walk: from, limit: most });
  const rows = await next(round, limit + 1);
  if (walk === null && rows.length === 0 && doubt !== null) return { ok: false, errors: [doubt] };
  const shown = rows.slice(0, limit);
  const walked = walkedPast(round, shown.map(positionOf));
  if (rows.length > limit) return pageOf(shown, walked);
  // A single page needs no second round; a walk that forgot what it showed would never end.
  if (walk === null || isLastRound(walked)) return pageOf(shown, null);
  const following = nextRound(walked, now);
  const left = limit - shown.length;
  const onPage = new Set(shown.map(({ id }) => id));
  const found = await next(following, left + 1 + shown.length);
  const moved = found.filter(({ id }) => !onPage.has(id));
  const more = moved.slice(0, left);
  const isOver = moved.length <= left;
  return pageOf([...shown, ...more], isOver ? null : walkedPast(following, more.map(positionOf)));
}

/** A list in one of its two orders. */
type List = {
  positionOf: (row: ListedConversation) => Position;
  read: (
    database: Database,
    filters: readonly ConversationFilter[],
    listing: { after: Position | null; written: WrittenSince | null; limit: number },
  ) => Promise<ListedConversation[]>;
};

const NEWEST_FIRST: List = {
  positionOf: ({ id, last_message_at: at }) => ({ id, at }),
  read: (database, filters, { after, ...listing }) =>
    listConversations(database, {
      ...listing,
      filters,
      after: after === null ? null : { last_message_at: after.at, id: after.id },
    }),
};

const LONGEST_WAIT_FIRST: List = {
  positionOf: ({ id, waiting_since }) => ({ id, at: waiting_since ?? 0 }),
  read: (database, filters, { after, ...listing }) =>
    listWaiting(database, {
      ...listing,
      filters,
      after: after === null ? null : { waiting_since: after.at, id: after.id },
    }),
};

/** The next rows of a round. A later round that knows what was shown starts at the top each time. */
async function unseen(
  list: List,
  database: Database,
  filters: readonly ConversationFilter[],
  { walk, limit }: { walk: Walk; limit: number },
): Promise<ListedConversation[]> {
  const { read, positionOf } = list;
  const { after, since, seen } = walk;
  if (since === null) {
    const rows = await read(database, filters, { after, written: null, limit });
    const fresh = rows.filter(({ id }) => !hasSeen(walk, id));
    const last = rows.at(-1);
    if (fresh.length === rows.length || last === undefined || rows.length < limit) return fresh;
    // Some moved here after they were shown; behind them there are no more of those than the walk knows.
    const left = limit - fresh.length;
    const behind = await read(database, filters, {
      after: positionOf(last),
      written: null,
      limit: left + (seen?.length ?? 0),
    });
    const more = behind.filter(({ id }) => !hasSeen(walk, id)).slice(0, left);
    return [...fresh, ...more];
  }
  const rows = await read(database, filters, {
    after: seen === null ? after : null,
    // A walk that still knows what it showed is short: its later rounds can search all rows.
    written: { at: since, among: seen === null ? "recent" : "all" },
    limit: limit + (seen?.length ?? 0),
  });
  return rows.filter(({ id }) => !hasSeen(walk, id)).slice(0, limit);
}
