/** A query holds what the reference names of its route, once each, and nothing else. */
import type { Context } from "hono";
import { matchedRoutes } from "hono/route";
import type { FieldError } from "../http/problem.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import { isJsonObject, objectMember, objectsMember, textMember } from "../json/json.ts";
import { servedDocument } from "../reference/served-document.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { similarName } from "./similar-name.ts";

/** Enough of a name to tell which it was. */
const NAME_SHOWN_CHARACTERS = 100;

/** Errors listed in one answer, so that a long address can't ask for a longer answer. */
const MAX_LISTED_ERRORS = 20;

/** All that is wrong with the names in a request's query; values are for the route to judge. */
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

let membersByRoute: ReadonlyMap<string, readonly string[]> | null = null;

/** What the reference says of the route that the request came to. */
function queryMembers(context: Context<ApiEnvironment>): readonly string[] {
  membersByRoute ??= readMembers();
  const route = matchedRoutes(context).findLast(({ method }) => method !== "ALL");
  const path = route?.path.replaceAll(/:(\w+)/g, "{$1}");
  return membersByRoute.get(`${route?.method.toLowerCase()} ${path}`) ?? [];
}

function readMembers(): Map<string, readonly string[]> {
  const paths = Object.entries(objectMember(servedDocument, "paths") ?? {});
  return new Map(
    paths.flatMap(([path, methods]) =>
      Object.entries(isJsonObject(methods) ? methods : {}).map(([method, operation]) => {
        const parameters = isJsonObject(operation) ? objectsMember(operation, "parameters") : [];
        const names = parameters
          .filter((parameter) => textMember(parameter, "in") === "query")
          .map((parameter) => textMember(parameter, "name") ?? "");
        return [`${method} ${path}`, names] as const;
      }),
    ),
  );
}
