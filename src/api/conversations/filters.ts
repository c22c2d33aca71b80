/** The filters of a list of conversations, as its query names them. */
import type { Config } from "../../config/config.ts";
import { isBsuid } from "../../lib/address.ts";
import { parsePhone } from "../../lib/parse-phone.ts";
import { canonicalPhone } from "../../lib/phone.ts";
import type { FieldError } from "../../lib/problem.ts";
import type { ConversationFilter } from "../../store/conversation-lists.ts";
import { searchTerms } from "../../store/name-search.ts";
import { ASSIGNEE_MAX_CHARACTERS } from "./bodies.ts";

const FILTERS = [
  "status",
  "unread",
  "owner",
  "assignee",
  "contact",
  "phone_number_id",
  "q",
  "view",
] as const;

type FilterName = (typeof FILTERS)[number];

/** The text of each filter that the query has. */
export type Filters = { readonly [Name in FilterName]?: string };

type FilterResult = { ok: true; found: ConversationFilter[] } | { ok: false; errors: FieldError[] };

/** @param caller whose conversations are "mine" */
export function parseFilters(query: Filters, config: Config, caller: string): FilterResult {
  const given = FILTERS.filter((name) => query[name] !== undefined);
  if (query.contact !== undefined && given.length > 1) {
    const others = given.filter((name) => name !== "contact").join(" and ");
    return refuse("contact", `can't be combined with other filters: leave out ${others}`);
  }
  const results = given.map((name) => parseFilter(name, query[name] ?? "", config, caller));
  const errors = results.flatMap((result) => (result.ok ? [] : result.errors));
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, found: results.flatMap((result) => (result.ok ? result.found : [])) };
}

function parseFilter(
  name: FilterName,
  value: string,
  config: Config,
  caller: string,
): FilterResult {
  switch (name) {
    case "status":
      return value === "pending" || value === "active" || value === "closed"
        ? { ok: true, found: [{ by: "status", status: value }] }
        : refuse(name, "must be pending, active or closed");
    case "unread":
      return value === "true"
        ? { ok: true, found: [{ by: "unread" }] }
        : refuse(name, "must be true; or leave it out");
    case "owner":
      return { ok: true, found: [{ by: "owner", owner: value }] };
    case "assignee":
      return value !== "" && Array.from(value).length <= ASSIGNEE_MAX_CHARACTERS
        ? { ok: true, found: [{ by: "assignee", assignee: value === NOBODY ? null : value }] }
        : refuse(name, `must be a name of at most ${ASSIGNEE_MAX_CHARACTERS} characters, or none`);
    case "contact":
      return { ok: true, found: [contactFilter(value, config)] };
    case "phone_number_id":
      return { ok: true, found: [{ by: "phone_number_id", phone_number_id: value }] };
    case "view": {
      const found = viewFilters(value, caller);
      return found === null
        ? refuse(name, "must be open, waiting, mine, unassigned, closed or all")
        : { ok: true, found };
    }
    case "q": {
      const terms = searchTerms(value, config.defaultCountry);
      return terms.length > 0 && value.length <= SEARCH_MAX_CHARACTERS
        ? { ok: true, found: [{ by: "search", terms }] }
        : refuse(
            name,
            `must be a part of a name or number, of 1 to ${SEARCH_MAX_CHARACTERS} characters`,
          );
    }
  }
}

/** What `assignee` says for conversations that nobody looks after. */
const NOBODY = "none";

/** What a view is made of; null for an unknown one. */
function viewFilters(view: string, caller: string): ConversationFilter[] | null {
  switch (view) {
    case "open":
      return [{ by: "open" }];
    case "waiting":
      return [{ by: "waiting" }];
    case "mine":
      return [{ by: "open" }, { by: "assignee", assignee: caller }];
    case "unassigned":
      return [{ by: "open" }, { by: "assignee", assignee: null }];
    case "closed":
      return [{ by: "status", status: "closed" }];
    case "all":
      return [];
    default:
      return null;
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
export function doubtOf(contact: string, { defaultCountry }: Config): FieldError | null {
  if (!/\p{Nd}/u.test(contact) || /\p{L}/u.test(contact)) return null;
  const phone = parsePhone(contact, defaultCountry);
  return phone.ok ? null : { pointer: "/contact", detail: phone.detail };
}

function refuse(name: string, detail: string): { ok: false; errors: FieldError[] } {
  return { ok: false, errors: [{ pointer: `/${name}`, detail }] };
}
