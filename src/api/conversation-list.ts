/** A page of conversations, for whoever asks by HTTP or by RPC. */
import { isBsuid } from "../customer/bsuid.ts";
import { canonicalPhone, parsePhone } from "../customer/phone-number.ts";
import type { FieldError } from "../http/problem.ts";
import { listConversations, type ConversationFilter } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { conversationView } from "./conversation-view.ts";
import { pageView, parsePage, type PageQuery, type PageRequest, type PageResult } from "./page.ts";
import type { ConversationView } from "./schemas/conversation-schema.ts";

const FILTERS = ["status", "unread", "owner", "contact", "phone_number_id"] as const;

type Filters = { readonly [Name in (typeof FILTERS)[number]]?: string };

export type ConversationPageRequest = PageRequest & { filter: ConversationFilter };

/** One filter at most, `limit` and `cursor`. */
export function parseConversationPage(
  query: PageQuery & Filters,
): PageResult<ConversationPageRequest> {
  const paged = parsePage(query);
  const filtered = parseFilter(query);
  if (paged.ok && filtered.ok) {
    return { ok: true, page: { ...paged.page, filter: filtered.filter } };
  }
  const errors = [...(paged.ok ? [] : paged.errors), ...(filtered.ok ? [] : filtered.errors)];
  return { ok: false, errors };
}

export async function conversationPage(
  database: Database,
  { filter, limit, after }: ConversationPageRequest,
): Promise<{ data: ConversationView[]; next_cursor: string | null }> {
  const rows = await listConversations(database, {
    filter,
    after: after === null ? null : { last_message_at: after.at, id: after.id },
    limit: limit + 1,
  });
  const now = Date.now();
  return pageView(
    rows,
    limit,
    (row) => ({ at: row.last_message_at, id: row.id }),
    (row) => conversationView(row, now),
  );
}

type FilterResult = { ok: true; filter: ConversationFilter } | { ok: false; errors: FieldError[] };

function parseFilter(query: Filters): FilterResult {
  const given = FILTERS.filter((name) => query[name] !== undefined);
  const [name, second] = given;
  if (second !== undefined) {
    return refuse(second, `give one filter at a time; got ${given.join(" and ")}`);
  }
  if (name === undefined) return { ok: true, filter: { by: "all" } };
  const value = query[name] ?? "";
  switch (name) {
    case "status":
      return value === "pending" || value === "active" || value === "closed"
        ? { ok: true, filter: { by: "status", status: value } }
        : refuse(name, "must be pending, active or closed");
    case "unread":
      return value === "true"
        ? { ok: true, filter: { by: "unread" } }
        : refuse(name, "must be true; or leave it out");
    case "owner":
      return { ok: true, filter: { by: "owner", owner: value } };
    case "contact": {
      if (isBsuid(value)) return { ok: true, filter: { by: "user", user_id: value } };
      const phone = parsePhone(value);
      return {
        ok: true,
        filter: phone.ok
          ? { by: "phone", phone: canonicalPhone(phone.digits) }
          : { by: "verbatim", identity: value },
      };
    }
    case "phone_number_id":
      return { ok: true, filter: { by: "phone_number_id", phone_number_id: value } };
  }
}

function refuse(name: string, detail: string): FilterResult {
  return { ok: false, errors: [{ pointer: `/${name}`, detail }] };
}
