/**
 * The names in each route's query, from the OpenAPI document. `npm run openapi` writes them to
 * `src/http/query-members.json`: the Worker needs no more of the document.
 */
import {
  isJsonObject,
  type JsonObject,
  objectMember,
  objectsMember,
  textMember,
} from "../../src/lib/json.ts";

/**
 * By the route as Hono names it, such as `GET /v1/messages/:id`; a route without a query is left out.
 *
 * @param document the result of `openApiDocument`
 */
export function queryMembersOf(document: JsonObject): Record<string, readonly string[]> {
  const paths = Object.entries(objectMember(document, "paths") ?? {});
  return Object.fromEntries(
    paths.flatMap(([path, methods]) =>
      Object.entries(isJsonObject(methods) ? methods : {}).flatMap(([method, operation]) => {
        const names = isJsonObject(operation) ? namesOf(operation) : [];
        const route = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
        return names.length === 0 ? [] : [[route, names]];
      }),
    ),
  );
}

function namesOf(operation: JsonObject): string[] {
  return objectsMember(operation, "parameters")
    .filter((parameter) => textMember(parameter, "in") === "query")
    .flatMap((parameter) => textMember(parameter, "name") ?? []);
}
