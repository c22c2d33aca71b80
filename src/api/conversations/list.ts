/** A page of a list of conversations. */
import type { Config } from "../../config/config.ts";
import type { FieldError } from "../../lib/problem.ts";
import { type ConversationFilter, listConversations } from "../../store/conversation-lists.ts";
import type { Database } from "../../store/d1.ts";
import type { ListedConversation } from "../../store/listed-conversation.ts";
import { listWaiting } from "../../store/waiting-list.ts";
import { type PageQuery, type PageRequest, type PageResult, parsePageWith } from "../page.ts";
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
  const pageOf = async (rows: readonly ListedConversation[], next: Walk | null) => ({
    ok: true as const,
    data: withLastMessage
      ? await viewsWithLastMessage(database, rows, now)
      : rows.map((row) => conversationView(row, now)),
    next_cursor: next === null ? null : walkCursor(next),
  });
  const round = walk ?? newWalk(now);
  if (filters.some(({ by }) => by === "waiting")) {
    const waiting = await stillWaiting(database, filters, round, limit + 1);
    const page = waiting.slice(0, limit);
    const last = page.at(-1);
    const isOver = waiting.length <= limit || last === undefined;
    return pageOf(page, isOver ? null : { ...round, after: waitingAt(last) });
  }
  const rows = await unseen(database, filters, round, limit + 1);
  if (walk === null && rows.length === 0 && doubt !== null) return { ok: false, errors: [doubt] };
  const shown = rows.slice(0, limit);
  const walked = walkedPast(round, shown.map(positionOf));
  if (rows.length > limit) return pageOf(shown, walked);
  // A single page needs no second round; a walk that forgot what it showed would never end.
  if (walk === null || isLastRound(walked)) return pageOf(shown, null);
  const following = nextRound(walked, now);
  const left = limit - shown.length;
  const onPage = new Set(shown.map(({ id }) => id));
  const found = await unseen(database, filters, following, left + 1 + shown.length);
  const moved = found.filter(({ id }) => !onPage.has(id));
  const more = moved.slice(0, left);
  const isOver = moved.length <= left;
  return pageOf([...shown, ...more], isOver ? null : walkedPast(following, more.map(positionOf)));
}

/** The next rows of a round. A later round that knows what was shown starts at the top each time. */
async function unseen(
  database: Database,
  filters: readonly ConversationFilter[],
  walk: Walk,
  limit: number,
): Promise<ListedConversation[]> {
  const { after, since, seen } = walk;
  const isAtTop = after === null || (since !== null && seen !== null);
  const rows = await listConversations(database, {
    filters,
    after: isAtTop ? null : { last_message_at: after.at, id: after.id },
    // A walk that still knows what it showed is short: its later rounds can search all rows.
    written: since === null ? null : { at: since, among: seen === null ? "recent" : "all" },
    limit: since === null ? limit : limit + (seen?.length ?? 0),
  });
  if (since === null) return rows;
  return rows.filter(({ id }) => !hasSeen(walk, id)).slice(0, limit);
}

/** The next ones that wait. They keep their order, so one round shows them all. */
function stillWaiting(
  database: Database,
  filters: readonly ConversationFilter[],
  { after }: Walk,
  limit: number,
): Promise<ListedConversation[]> {
  const position = after === null ? null : { waiting_since: after.at, id: after.id };
  return listWaiting(database, { filters, after: position, limit });
}

function waitingAt({ id, waiting_since }: ListedConversation): { id: string; at: number } {
  return { id, at: waiting_since ?? 0 };
}

function positionOf({ id, last_message_at: at }: ListedConversation): { id: string; at: number } {
  return { id, at };
}
