/**
 * Checks the query of a request: only names that the OpenAPI reference has for the route, each once. For
 * a misspelt name the error suggests the likeliest one.
 */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import { jsonPointer } from "../lib/json.ts";
import type { FieldError } from "../lib/problem.ts";
import type { ApiEnvironment } from "./context.ts";
import { API_MOUNT, STAFF_MOUNT } from "./mounts.ts";
import membersByRoute from "./query-members.json" with { type: "json" };

/** Enough of a name to recognise it. */
const NAME_SHOWN_CHARACTERS = 100;

/** Errors listed in one answer, so that a long URL can't cause a longer answer. */
const MAX_LISTED_ERRORS = 20;

/** Every error in the names of a request's query; the route checks the values. */
export function queryErrors(context: Context<ApiEnvironment>): FieldError[] {
  if (!context.req.url.includes("?")) return [];
  const { searchParams } = new URL(context.req.url);
  const known = queryMembers(context);
  return [...new Set(searchParams.keys())].slice(0, MAX_LISTED_ERRORS).flatMap((name) => {
    const detail = memberProblem(name, searchParams.getAll(name), known);
    const pointer = jsonPointer([name.slice(0, NAME_SHOWN_CHARACTERS)]);
    return detail === null ? [] : [{ pointer, detail }];
  });
}

function memberProblem(
  name: string,
  values: readonly string[],
  known: readonly string[],
): string | null {
  if (!known.includes(name)) {
    if (known.length === 0) return "is unknown here: this route takes no query";
    const meant = similarName(name, known);
    const question = meant === null ? "" : `did you mean ${meant}? `;
    return `is unknown here: ${question}Known: ${known.join(", ")}`;
  }
  return values.length > 1 ? `is given ${values.length} times: give it once` : null;
}

/** Typed as a table: the inferred type has each route by itself. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = membersByRoute;

/** The names that the reference has for the request's route; the inbox has the API's routes, and its own. */
function queryMembers(context: Context<ApiEnvironment>): readonly string[] {
  const route = matchedRoutes(context).findLast(({ method }) => method !== "ALL");
  const path = route?.path ?? "";
  const paths = [path, path.replace(STAFF_MOUNT, API_MOUNT)];
  return paths.map((each) => MEMBERS[`${route?.method} ${each}`]).find(Boolean) ?? [];
}

/** With more than one wrong letter in three, it is another name. */
const LETTERS_PER_SLIP = 3;

/** No known name is longer; the distance to a very long one would take long to compute. */
const NAME_MAX_CHARACTERS = 40;

/** The known name that the caller most likely meant; null where none is similar. */
export function similarName(given: string, known: readonly string[]): string | null {
  if (given.length > NAME_MAX_CHARACTERS) return null;
  const spelled = bare(given);
  const [best] = known
    .map((name) => ({ name, slips: slipsBetween(spelled, bare(name)) }))
    .filter(({ name, slips }) => slips * LETTERS_PER_SLIP <= Math.max(spelled.length, name.length))
    .toSorted((one, other) => one.slips - other.slips);
  return best?.name ?? null;
}

/** One form for `phoneNumberId`, `phone-number-id` and `phone_number_id`. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

/** Levenshtein's distance: letters inserted, deleted or replaced. */
function slipsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_slot, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [place, its] of Array.from(other).entries()) {
      const replaced = (row[place] ?? 0) + (its === letter ? 0 : 1);
      next.push(Math.min(replaced, (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
