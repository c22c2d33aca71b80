/** Holds what the API takes, answers and tells its subscribers against `openapi.json`. */
import { type Schema, Validator } from "@cfworker/json-schema";
import openApi from "../../assets/openapi.json" with { type: "json" };
import {
  isJsonObject,
  type JsonObject,
  objectMember,
  objectsMember,
  textMember,
} from "../../src/lib/json.ts";

export type Exchange = {
  method: string;
  url: URL;
  /** The request's JSON, if it was that. */
  request: unknown;
  status: number;
  contentType: string;
  /** The answer's JSON, if it was that. */
  answer: unknown;
};

const document: JsonObject = openApi;

const validators = new Map<string, Validator>();

/** Throws what the document does not know of the exchange. */
export function expectDocumented(exchange: Exchange): void {
  const { method, url, status, request, answer, contentType } = exchange;
  const found = operationAt(method, url.pathname) ?? staffOperationAt(method, url.pathname);
  if (found === null) {
    // What is not documented must not be there.
    if (status < 400) throw new Error(`${method} ${url.pathname} is not in openapi.json`);
    return;
  }
  const { operation, name, refusals = [] } = found;
  if (
    status >= 400 &&
    isJsonObject(answer) &&
    refusals.includes(textMember(answer, "code") ?? "")
  ) {
    return;
  }
  const documented = objectMember(objectMember(operation, "responses") ?? {}, String(status));
  if (documented === null) throw new Error(`${name}: ${status} is not in openapi.json`);
  if (contentType.startsWith("application/problem+json")) {
    const code = isJsonObject(answer) ? textMember(answer, "code") : null;
    if (!textMember(documented, "description")?.includes(`\`${code}\``)) {
      throw new Error(`${name}: ${status} ${code} is not in openapi.json`);
    }
  }
  validate(`${name} ${status}`, schemaOf(documented, contentType), answer);
  if (status >= 300) return;
  const body = objectMember(operation, "requestBody");
  if (body !== null) {
    validate(`${name} request`, schemaOf(body, "application/json"), accepted(request, answer));
  }
  expectParameters(operation, name, url);
}

/** Throws what the document does not know of an event, or what of it there should be and is not. */
export function expectDocumentedEvent(headers: Headers, event: unknown): void {
  const type = (isJsonObject(event) ? textMember(event, "type") : null) ?? "";
  const webhook = objectMember(objectMember(document, "webhooks") ?? {}, type);
  const operation = objectMember(webhook ?? {}, "post");
  const body = objectMember(operation ?? {}, "requestBody");
  if (operation === null || body === null) throw new Error(`event ${type} is not in openapi.json`);
  for (const header of objectsMember(operation, "parameters")) {
    const name = textMember(header, "name") ?? "";
    if (!headers.has(name)) throw new Error(`event ${type} comes without ${name}`);
  }
  validate(`event ${type}`, schemaOf(body, headers.get("content-type") ?? ""), event);
}

/** Of a batch, the messages that were not refused. */
function accepted(request: unknown, answer: unknown): unknown {
  if (!isJsonObject(request) || !Array.isArray(request["messages"])) return request;
  const told = isJsonObject(answer) ? objectsMember(answer, "data") : [];
  const refused = new Set(
    told.filter(({ problem }) => problem !== undefined).map(({ index }) => index),
  );
  const messages = request["messages"].filter((_message, index) => !refused.has(index));
  return messages.length === 0 ? undefined : { ...request, messages };
}

/** Nothing in the query is heeded that the document does not name; what isn't heeded may be there. */
function expectParameters(operation: JsonObject, name: string, { searchParams }: URL): void {
  for (const parameter of objectsMember(operation, "parameters")) {
    const value = searchParams.get(textMember(parameter, "name") ?? "");
    const schema = objectMember(parameter, "schema");
    if (textMember(parameter, "in") !== "query" || value === null || schema === null) continue;
    const read = schema["type"] === "integer" ? Number(value) : value;
    validate(`${name} ?${textMember(parameter, "name")}`, schema, read);
  }
}

function validate(name: string, schema: JsonObject | null, value: unknown): void {
  if (schema === null || value === undefined) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own document
  const whole = { ...schema, components: document["components"] } as Schema;
  let validator = validators.get(name);
  if (validator === undefined) {
    validator = new Validator(whole, "2020-12");
    validators.set(name, validator);
  }
  if (validator.validate(value).valid) return;
  // To look beyond the first error takes half as long again, for each alternative that does not fit.
  const { errors } = new Validator(whole, "2020-12", false).validate(value);
  const [deepest] = errors.toSorted((one, other) => depth(other) - depth(one));
  throw new Error(
    `${name} is not as openapi.json says: ${deepest?.instanceLocation} ${deepest?.error}`,
  );
}

function depth({ instanceLocation }: { instanceLocation: string }): number {
  return instanceLocation.split("/").length;
}

function schemaOf(described: JsonObject, contentType: string): JsonObject | null {
  const type = contentType.replace(/;.*$/, "");
  const content = objectMember(objectMember(described, "content") ?? {}, type);
  return content === null ? null : objectMember(content, "schema");
}

/** What any route of the inbox may refuse, whatever it is. */
const STAFF_REFUSALS = ["not_found", "unsupported_media_type"];

/** The inbox's routes are those under `/v1`, and documented there. */
function staffOperationAt(method: string, pathname: string): DocumentedOperation | null {
  if (!pathname.startsWith("/inbox/api/")) return null;
  const found = operationAt(method, pathname.replace("/inbox/api/", "/v1/"));
  return found === null ? null : { ...found, refusals: STAFF_REFUSALS };
}

type DocumentedOperation = {
  operation: JsonObject;
  name: string;
  /** Codes that are documented for many routes at once. */
  refusals?: readonly string[];
};

function operationAt(method: string, pathname: string): DocumentedOperation | null {
  const paths = Object.entries(objectMember(document, "paths") ?? {});
  // OpenAPI 3.1, section 4.8.8.2: what is written out goes before what is templated.
  const writtenOut = paths.filter(([path]) => path === pathname);
  for (const [path, methods] of writtenOut.length > 0 ? writtenOut : paths) {
    if (!isJsonObject(methods) || !patternOf(path).test(pathname)) continue;
    // RFC 9110, section 9.3.2: HEAD is GET without its body.
    const operation = objectMember(methods, method === "HEAD" ? "get" : method.toLowerCase());
    if (operation !== null) return { operation, name: `${method} ${path}` };
  }
  return null;
}

function patternOf(path: string): RegExp {
  const pattern = path
    .replace("{version}", "v\\d+\\.\\d+")
    .replace("/inbox/c/{id}", "/inbox/c/.+")
    .replaceAll(/\{[^}]+\}/g, "[^/]+");
  // A slash at the end changes nothing.
  return new RegExp(`^${pattern.replace(/\/$/, "")}/?$`);
}
