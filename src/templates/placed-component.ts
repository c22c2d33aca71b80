import { isJsonObject, textMember, type JsonObject, type JsonValue } from "../json/json.ts";

/** A parameter of a template to send, with its place in the request. */
export type PlacedParameter = { parameter: JsonObject; path: readonly string[] };

/** A component of a template to send, with its place in the request. */
export type PlacedComponent = {
  /** Its type in lower case: Meta writes `BODY` in definitions, `body` in messages, and takes both. */
  kind: string;
  component: JsonObject;
  parameters: readonly PlacedParameter[];
  path: readonly string[];
};

/** What is wrong, and where in the request. */
export type ParameterProblem = { path: readonly string[]; detail: string };

/** The components of a template in Meta's shape; `path` is where their list stands. */
export function placedComponents(template: JsonObject, path: readonly string[]): PlacedComponent[] {
  return placed(template["components"], path).map(({ value: component, path: at }) => ({
    kind: textMember(component, "type")?.toLowerCase() ?? "",
    component,
    parameters: placed(component["parameters"], [...at, "parameters"]).map(
      ({ value: parameter, path: place }) => ({ parameter, path: place }),
    ),
    path: at,
  }));
}

function placed(list: JsonValue | undefined, path: readonly string[]) {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: JsonValue, position) =>
    isJsonObject(value) ? [{ value, path: [...path, String(position)] }] : [],
  );
}
