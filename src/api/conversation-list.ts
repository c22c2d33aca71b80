/** A page of conversations, for whoever asks by HTTP or by RPC. */
import { isBsuid } from "../customer/bsuid.ts";
import { canonicalPhone, parsePhone } from "../customer/phone-number.ts";
import type { FieldError } from "../http/problem.ts";
import { listConversations, type ConversationFilter } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import { conversationView, type ConversationView } from "./conversation-view.ts";
import { pageView, parsePage } from "./page.ts";

const FILTERS = ["status", "unread", "owner", "contact", "phone_number_id"] as const;

export type ConversationList =
  | { ok: true; page: { data: ConversationView[]; next_cursor: string | null } }
  | { ok: false; errors: FieldError[] };

/** One filter at most, `limit` and `cursor`. */
export async function listPage(
  database: Database,
  query: Readonly<Record<string, string>>,
): Promise<ConversationList> {
  const paged = parsePage(query);
  const filtered = parseFilter(query);
  if (!paged.ok || !filtered.ok) {
    const errors = [...(paged.ok ? [] : paged.errors), ...(filtered.ok ? [] : filtered.errors)];
    return { ok: false, errors };
  }
  const { limit, after } = paged.page;
  const rows = await listConversations(database, {
    filter: filtered.filter,
    after: after === null ? null : { last_message_at: after.at, id: after.id },
    limit: limit + 1,
  });
  const now = Date.now();
  const page = pageView(
    rows,
    limit,
    (row) => ({ at: row.last_message_at, id: row.id }),
    (row) => conversationView(row, now),
  );
  return { ok: true, page };
}

type FilterResult = { ok: true; filter: ConversationFilter } | { ok: false; errors: FieldError[] };

function parseFilter(query: Readonly<Record<string, string>>): FilterResult {
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
