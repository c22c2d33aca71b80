/**
 * Renders the OpenAPI document as one HTML page, which needs no script and no other host. `npm run openapi`
 * writes it to `assets/docs.html`.
 */
import { html, raw } from "hono/html";
import {
  isJsonObject,
  type JsonObject,
  objectMember,
  objectsMember,
  textMember,
} from "../../src/lib/json.ts";

/** For wide and narrow screens, light and dark, with the browser's own fonts. */
const REFERENCE_STYLE = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8882; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  nav { columns: 20rem; margin: 1rem 0 2rem; } nav a { display: block; text-decoration: none; }
  code, pre { font: 0.9em ui-monospace, monospace; } pre { background: var(--soft); padding: 0.8rem; overflow-x: auto; }
  article { border-top: 1px solid var(--line); padding: 0.5rem 0 1rem; } article:target { border-top: 3px solid; }
  article > div, article > table { margin: 1rem 0; }
  h2 { margin-top: 3rem; } h3 { margin: 0.5rem 0; } h3 a { color: inherit; text-decoration: none; }
  h3 small { font-weight: normal; } code { overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; } td { vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
  td:first-child { width: 1%; white-space: nowrap; } td.soft { min-width: 7rem; }
  .method { text-transform: uppercase; font-weight: 700; } .soft { opacity: 0.7; } details { margin: 0.4rem 0; }
  @media (max-width: 40rem) {
    table, tbody, tr { display: block; } td { display: inline; padding: 0; } tr { margin: 0.4rem 0; }
    td:nth-child(3) { display: block; padding-left: 0.8rem; }
    td table { border-left: 2px solid var(--line); padding-left: 0.8rem; box-sizing: border-box; }
  }`;

type Html = ReturnType<typeof html>;

/** Deeper than any schema of ours; only Meta's own objects nest further. */
const MAX_DEPTH = 8;

/** @param document the result of `openApiDocument` */
export function referencePage(document: JsonObject): Html {
  const info = objectMember(document, "info") ?? {};
  const operations = [
    ...operationsOf(objectMember(document, "paths")),
    ...operationsOf(objectMember(document, "webhooks")),
  ];
  const schemas = objectMember(objectMember(document, "components") ?? {}, "schemas") ?? {};
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${textMember(info, "title")} ${textMember(info, "version")}: the API</title>
        <style>
          ${raw(REFERENCE_STYLE)}
        </style>
      </head>
      <body>
        <h1>
          ${textMember(info, "title")} <small class="soft">${textMember(info, "version")}</small>
        </h1>
        <p>${textMember(info, "description")}</p>
        <p>
          <code>Authorization: Bearer TOKEN</code>, with the scope that each route names. For
          programs: <a href="/openapi.json">openapi.json</a>.
        </p>
        <nav>
          ${operations.map(
            ({ id, method, path }) =>
              html`<a href="#${id}"
                ><code><span class="method">${method}</span> ${path}</code></a
              >`,
          )}
        </nav>
        ${[...Map.groupBy(operations, ({ tag }) => tag)].map(
          ([tag, group]) =>
            html`<h2>${tag}</h2>
              ${group.map(operationSection)}`,
        )}
        <h2>Schemas</h2>
        ${Object.entries(schemas).map(([name, schema]) =>
          isJsonObject(schema)
            ? html`<article id="schema-${name}">
                <h3><a href="#schema-${name}">${name}</a></h3>
                ${hasMembers(schema) ? members(schema, 0) : html`<p class="soft">${typeOf(schema)}</p>`}
              </article>`
            : "",
        )}
      </body>
    </html>`;
}

type DocumentedOperation = {
  id: string;
  method: string;
  path: string;
  tag: string;
  operation: JsonObject;
};

function operationsOf(paths: JsonObject | null): DocumentedOperation[] {
  return Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    isJsonObject(methods)
      ? Object.entries(methods).flatMap(([method, operation]) =>
          isJsonObject(operation)
            ? [
                {
                  id: textMember(operation, "operationId") ?? "",
                  method,
                  path,
                  tag: tagOf(operation),
                  operation,
                },
              ]
            : [],
        )
      : [],
  );
}

function tagOf(operation: JsonObject): string {
  const tags = operation["tags"];
  return Array.isArray(tags) ? String(tags[0]) : "";
}

function operationSection({ id, method, path, operation }: DocumentedOperation): Html {
  const scope = textMember(operation, "x-scope");
  const body = objectMember(operation, "requestBody");
  return html`<article id="${id}">
    <h3>
      <a href="#${id}"
        ><code><span class="method">${method}</span> ${path}</code></a
      >
      ${scope === null ? "" : html`<small class="soft">scope ${scope}</small>`}
    </h3>
    <p>
      ${textMember(operation, "summary")}. ${inlineCode(textMember(operation, "description") ?? "")}
    </p>
    ${parameterTable(objectsMember(operation, "parameters"))}
    ${body === null ? "" : bodySection(objectMember(body, "content") ?? {})}
    ${answerTable(objectMember(operation, "responses") ?? {})}
  </article>`;
}

function parameterTable(parameters: readonly JsonObject[]): Html | string {
  if (parameters.length === 0) return "";
  return html`<table>
    ${parameters.map(
      (parameter) =>
        html`<tr>
          <td><code>${textMember(parameter, "name")}</code></td>
          <td class="soft">${textMember(parameter, "in")}</td>
          <td>${inlineCode(textMember(parameter, "description") ?? "")}</td>
        </tr>`,
    )}
  </table>`;
}

function bodySection(content: JsonObject): Html {
  return html`${Object.entries(content).map(([type, media]) => {
    if (!isJsonObject(media)) return "";
    const examples = Object.values(objectMember(media, "examples") ?? {}).filter(isJsonObject);
    return html`<div>Body, <code>${type}</code> ${shape(objectMember(media, "schema") ?? {})}</div>
      ${examples.map(
        (example) =>
          html`<p class="soft">${textMember(example, "summary")}</p>
            <pre>${JSON.stringify(example["value"], null, 2)}</pre>`,
      )}`;
  })}`;
}

function answerTable(answers: JsonObject): Html {
  return html`<table>
    ${Object.entries(answers).map(([status, answer]) => {
      if (!isJsonObject(answer)) return "";
      const contents = Object.entries(objectMember(answer, "content") ?? {});
      return html`<tr>
        <td><code>${status}</code></td>
        <td>
          ${inlineCode(textMember(answer, "description") ?? "")}
          ${contents.map(([, media]) => (isJsonObject(media) ? shape(objectMember(media, "schema") ?? {}) : ""))}
        </td>
      </tr>`;
    })}
  </table>`;
}

/** A link to a named schema; the members of any other, if it has any. */
function shape(schema: JsonObject): Html | string {
  const reference = referenceName(schema);
  if (reference !== null) return html`<a href="#schema-${reference}">${reference}</a>`;
  return hasMembers(schema)
    ? html`<details>
        <summary>Members</summary>
        ${members(schema, 0)}
      </details>`
    : "";
}

function hasMembers(schema: JsonObject): boolean {
  const items = objectMember(schema, "items");
  return (
    objectMember(schema, "properties") !== null ||
    (items !== null && hasMembers(items)) ||
    choicesOf(schema).some(hasMembers)
  );
}

/** The members of an object, of a list's elements, or of each alternative. */
function members(schema: JsonObject, depth: number): Html | string {
  if (depth > MAX_DEPTH || !hasMembers(schema)) return "";
  const properties = Object.entries(objectMember(schema, "properties") ?? {});
  return html`${propertyTable(properties, requiredOf(schema), depth)}
  ${members(objectMember(schema, "items") ?? {}, depth + 1)}
  ${choicesOf(schema)
    .filter(hasMembers)
    .map(
      (choice, place) =>
        html`${place === 0 ? "" : html`<p class="soft">or</p>`}${members(choice, depth + 1)}`,
    )}`;
}

/** One row for each member, with a question mark if it is optional. */
function propertyTable(
  properties: readonly (readonly [string, unknown])[],
  required: ReadonlySet<unknown>,
  depth: number,
): Html | string {
  if (properties.length === 0) return "";
  return html`<table>
    ${properties.map(([name, property]) =>
      isJsonObject(property)
        ? html`<tr>
            <td><code>${name}</code>${required.has(name) ? "" : "?"}</td>
            <td class="soft">${typeOf(property)}</td>
            <td>
              ${inlineCode(textMember(property, "description") ?? "")}
              ${members(property, depth + 1)}
            </td>
          </tr>`
        : "",
    )}
  </table>`;
}

function requiredOf(schema: JsonObject): ReadonlySet<unknown> {
  const required = schema["required"];
  return new Set<unknown>(Array.isArray(required) ? required : []);
}

function choicesOf(schema: JsonObject): readonly JsonObject[] {
  return [...objectsMember(schema, "anyOf"), ...objectsMember(schema, "oneOf")];
}

function typeOf(schema: JsonObject): Html | string {
  const reference = referenceName(schema);
  if (reference !== null) return html`<a href="#schema-${reference}">${reference}</a>`;
  const words = schema["enum"];
  if (Array.isArray(words)) return words.map(String).join(" | ");
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  const choices = choicesOf(schema);
  if (choices.length > 0) {
    const types = [...new Set(choices.map(typeOf))];
    return html`${types.map((type, place) => html`${place === 0 ? "" : " | "}${type}`)}`;
  }
  const items = objectMember(schema, "items");
  if (items !== null) return html`list of ${typeOf(items)}`;
  const type = schema["type"];
  if (Array.isArray(type)) return type.map(String).join(" | ");
  return textMember(schema, "format") ?? textMember(schema, "type") ?? "any";
}

function referenceName(schema: JsonObject): string | null {
  return textMember(schema, "$ref")?.replace("#/components/schemas/", "") ?? null;
}

/** Renders `word` as code. */
function inlineCode(text: string): Html {
  return html`${text.split("`").map((part, place) => (place % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
