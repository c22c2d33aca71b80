/**
 * Holds what the API takes and answers against `openapi.json`: every journey and every test that
 * calls the API through `startPaloma` is a test of the document as well.
 */
import { Validator, type Schema } from "@cfworker/json-schema";
import openApi from "../../openapi.json" with { type: "json" };
import { isJsonObject, objectMember, textMember, type JsonObject } from "../../src/json.ts";

export type Exchange = {
  method: string;
  /** With its query. */
  path: string;
  /** The request's JSON, if it was that. */
  request: unknown;
  status: number;
  contentType: string;
  answer: unknown;
};

const document: JsonObject = openApi;

const validators = new Map<string, Validator>();

/** Throws what the document does not know of the exchange. */
export function expectDocumented(exchange: Exchange): void {
  const { method, status, request, answer, contentType } = exchange;
  const pathname = exchange.path.replace(/\?.*$/s, "");
  const found = operationAt(method, pathname);
  if (found === null) {
    // What is not documented must not be there.
    if (status < 400) throw new Error(`${method} ${pathname} is not in openapi.json`);
    return;
  }
  const { operation, name } = found;
  const documented = objectMember(objectMember(operation, "responses") ?? {}, String(status));
  if (documented === null) throw new Error(`${name}: ${status} is not in openapi.json`);
  if (contentType.startsWith("application/problem+json")) {
    const code = isJsonObject(answer) ? textMember(answer, "code") : null;
    if (!textMember(documented, "description")?.includes(`\`${code}\``)) {
      throw new Error(`${name}: ${status} ${code} is not in openapi.json`);
    }
  }
  validate(`${name} ${status}`, schemaOf(documented, contentType), answer);
  if (status < 300) {
    const body = objectMember(operation, "requestBody");
    if (body !== null) validate(`${name} request`, schemaOf(body, "application/json"), request);
  }
}

function validate(name: string, schema: JsonObject | null, value: unknown): void {
  if (schema === null || value === undefined) return;
  let validator = validators.get(name);
  if (validator === undefined) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own document
    const whole = { ...schema, components: document["components"] } as Schema;
    validator = new Validator(whole, "2020-12", false);
    validators.set(name, validator);
  }
  const { valid, errors } = validator.validate(value);
  if (valid) return;
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

function operationAt(method: string, pathname: string) {
  for (const [path, methods] of Object.entries(objectMember(document, "paths") ?? {})) {
    const pattern = `^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`;
    if (!isJsonObject(methods) || !new RegExp(pattern).test(pathname)) continue;
    const operation = objectMember(methods, method.toLowerCase());
    if (operation !== null) return { operation, name: `${method} ${path}` };
  }
  return null;
}
