/**
 * `/v1/conversations`: list, look up, change, read. RPC uses the same list.
 */
import type { Config } from "../../config/config.ts";
import { changeRecord, changeStatus, markRead } from "../../conversation/change.ts";
import { jsonBody, optionalJsonBody } from "../../http/body.ts";
import { authorize } from "../../http/middleware.ts";
import { invalidRequest, notFound } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { isBsuid } from "../../lib/address.ts";
import { parsePhone } from "../../lib/parse-phone.ts";
import { canonicalPhone } from "../../lib/phone.ts";
import type { FieldError } from "../../lib/problem.ts";
import { COUNT_MAX, countConversations } from "../../store/conversation-counts.ts";
import { type ConversationFilter, listConversations } from "../../store/conversation-lists.ts";
import { findConversation } from "../../store/conversations.ts";
import type { Database } from "../../store/d1.ts";
import { findMessage } from "../../store/find-message.ts";
import type { ListedConversation } from "../../store/listed-conversation.ts";
import { searchTerms } from "../../store/name-search.ts";
import {
  type PageQuery,
  pageQuery,
  type PageRequest,
  type PageResult,
  parsePageWith,
} from "../page.ts";
import { conversationPatchBody, conversationReadBody } from "./bodies.ts";
import { viewsWithLastMessage } from "./last-message.ts";
import { messagePage, parseMessagePage } from "./message-page.ts";
import type { ConversationView, CountsView } from "./schema.ts";
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

const FILTERS = ["status", "unread", "owner", "contact", "phone_number_id", "q"] as const;

const LAST_MESSAGE = "last_message";

type FilterName = (typeof FILTERS)[number];

type Filters = { readonly [Name in FilterName]?: string };

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
): PageResult<ConversationPageRequest> {
  const paged = parsePageWith(query, (cursor) => parseWalk(cursor, Date.now()));
  const filtered = parseFilters(query, config);
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

function positionOf({ id, last_message_at: at }: ListedConversation): { id: string; at: number } {
  return { id, at };
}

type FilterResult<Found> = { ok: true; found: Found } | { ok: false; errors: FieldError[] };

function parseFilters(query: Filters, config: Config): FilterResult<ConversationFilter[]> {
  const given = FILTERS.filter((name) => query[name] !== undefined);
  if (query.contact !== undefined && given.length > 1) {
    const others = given.filter((name) => name !== "contact").join(" and ");
    return refuse("contact", `can't be combined with other filters: leave out ${others}`);
  }
  const results = given.map((name) => parseFilter(name, query[name] ?? "", config));
  const errors = results.flatMap((result) => (result.ok ? [] : result.errors));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, found: results.flatMap((result) => (result.ok ? [result.found] : [])) };
}

function parseFilter(
  name: FilterName,
  value: string,
  config: Config,
): FilterResult<ConversationFilter> {
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
      return { ok: true, found: contactFilter(value, config) };
    case "phone_number_id":
      return { ok: true, found: { by: "phone_number_id", phone_number_id: value } };
    case "q": {
      const terms = searchTerms(value);
      return terms.length > 0 && value.length <= SEARCH_MAX_CHARACTERS
        ? { ok: true, found: { by: "search", terms } }
        : refuse(
            name,
            `must be a part of a name or number, of 1 to ${SEARCH_MAX_CHARACTERS} characters`,
          );
    }
  }
}

/** Longer than any name: D1 compares it with every one. */
const SEARCH_MAX_CHARACTERS = 100;

/** Finds people also by digits that no message could be sent to. */
function contactFilter(value: string, { defaultCountry }: Config): ConversationFilter {
  if (isBsuid(value)) return { by: "user", user_id: value };
  const phone = parsePhone(value, defaultCountry);
  const digits = phone.ok ? phone.digits : phone.waId;
  return digits === null
    ? { by: "verbatim", identity: value }
    : { by: "phone", phone: canonicalPhone(digits) };
}

/** Why the text is no valid phone number; null for text that may be another id of Meta's. */
function doubtOf(contact: string, { defaultCountry }: Config): FieldError | null {
  if (!/\p{Nd}/u.test(contact) || /\p{L}/u.test(contact)) return null;
  const phone = parsePhone(contact, defaultCountry);
  return phone.ok ? null : { pointer: "/contact", detail: phone.detail };
}

function refuse(name: string, detail: string): { ok: false; errors: FieldError[] } {
  return { ok: false, errors: [{ pointer: `/${name}`, detail }] };
}

export const conversationRoutes = createRoutes()
  .get("/conversations", authorize("read"), pageQuery(parseConversationPage), async (context) => {
    const { database } = context.var;
    const page = await conversationPage(database, context.req.valid("query"));
    if (!page.ok) return invalidRequest(context, page.errors);
    const { data, next_cursor } = page;
    return context.json({ data, next_cursor }, 200);
  })
  .get("/conversations/:id", authorize("read"), async (context) => {
    const row = await findConversation(context.var.database, context.req.param("id"));
    if (row === null) return notFound(context, "conversation");
    return context.json(conversationView(row, Date.now()), 200);
  })
  .patch(
    "/conversations/:id",
    authorize("send"),
    jsonBody(conversationPatchBody),
    async (context) => {
      const { database } = context.var;
      const found = await findConversation(database, context.req.param("id"));
      if (found === null) return notFound(context, "conversation");
      // The id of a merged conversation means the one that it became part of.
      const { id } = found;
      const { status, ...record } = context.req.valid("json");
      if (status !== undefined) await changeStatus(context.env, id, status);
      if ([status, ...Object.values(record)].some((given) => given !== undefined)) {
        await changeRecord(context.env, database, found, {
          ...record,
          changed_by: context.var.caller?.name ?? "",
        });
      }
      const row = await findConversation(database, id);
      if (row === null) return notFound(context, "conversation");
      return context.json(conversationView(row, Date.now()), 200);
    },
  )
  .get(
    "/conversations/:id/messages",
    authorize("read"),
    pageQuery(parseMessagePage),
    async (context) => {
      const id = context.req.param("id");
      const page = await messagePage(context.var.database, id, context.req.valid("query"));
      if (page.ok) return context.json({ data: page.data, next_cursor: page.next_cursor }, 200);
      return page.reason === "unknown"
        ? notFound(context, "conversation")
        : invalidRequest(context, page.errors);
    },
  )
  .get("/counts", authorize("read"), async (context) => {
    const counts = await countConversations(context.var.database);
    const open = Math.min(counts.pending + counts.active, COUNT_MAX);
    const view: CountsView = { open, ...counts };
    return context.json(view, 200);
  })
  .post(
    "/conversations/:id/read",
    authorize("send"),
    optionalJsonBody(conversationReadBody),
    async (context) => {
      const { database } = context.var;
      const found = await findConversation(database, context.req.param("id"));
      if (found === null) return notFound(context, "conversation");
      const { id } = found;
      const { up_to } = context.req.valid("json");
      const upTo = up_to === undefined ? null : await findMessage(database, up_to);
      if (up_to !== undefined && upTo?.conversation_id !== id) {
        const detail = "must be the id of a message of this conversation";
        return invalidRequest(context, [{ pointer: "/up_to", detail }]);
      }
      await markRead(context.env, database, context.var.config, id, upTo);
      const row = await findConversation(database, id);
      if (row === null) return notFound(context, "conversation");
      return context.json(conversationView(row, Date.now()), 200);
    },
  );
