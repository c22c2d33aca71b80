import { objectsMember, textMember, type JsonObject } from "../json.ts";

/** The parameters of a template's body, in Meta's shape; empty if it has none. */
export function bodyParameters(template: JsonObject): readonly JsonObject[] {
  const body = objectsMember(template, "components").find(isBody);
  return body === undefined ? [] : objectsMember(body, "parameters");
}

// Meta writes BODY when it defines a template and body when it sends one, and takes both.
function isBody(component: JsonObject): boolean {
  return textMember(component, "type")?.toLowerCase() === "body";
}
