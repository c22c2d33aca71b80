/** Whether what a request gives a template is what the template takes. */
import type { FieldError } from "../http/problem.ts";
import { objectMember, textMember, type JsonObject } from "../json/json.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import { buttonProblems } from "./check-buttons.ts";
import type { KnownTemplate } from "./known-template.ts";
import {
  placedComponents,
  type ParameterProblem,
  type PlacedComponent,
  type PlacedParameter,
} from "./placed-component.ts";
import { templateText } from "./render-template.ts";
import { templateParameterProblems } from "./template-parameter-text.ts";
import { areNamed, variablesOf } from "./template-parts.ts";

/** Headers that are no text, by the kind of parameter each takes. */
const HEADER_KINDS: ReadonlyMap<string, string> = new Map([
  ["IMAGE", "image"],
  ["VIDEO", "video"],
  ["DOCUMENT", "document"],
  ["LOCATION", "location"],
]);

/** What identifies a file of a header: Meta's id, an address, or our own id. */
const FILE_MEMBERS = ["id", "link", "media_id"];

/**
 * Everything that Meta would refuse about a template's parameters: their number, names and kinds,
 * the header's file, the ends of buttons' addresses, and characters that no parameter may have.
 * Components of other kinds (carousels, offers, orders, flows …) are Meta's to judge. Each error
 * quotes the template's text, where it is known.
 *
 * @param at where the template stands in the request
 */
export function parameterErrors(
  template: JsonObject,
  known: KnownTemplate | null,
  at: readonly string[],
): FieldError[] {
  const path = [...at, "components"];
  const components = placedComponents(template, path);
  const problems = [
    ...components.flatMap(({ parameters }) => parameters.flatMap(characterProblems)),
    ...(known === null ? [] : shapeProblems(components, known, path)),
  ];
  const quote = known === null ? "" : `. The template reads: ${templateText(known)}`;
  return problems.map((problem) => ({
    pointer: jsonPointer(problem.path),
    detail: `${problem.detail}${quote}`,
  }));
}

function characterProblems({ parameter, path }: PlacedParameter): ParameterProblem[] {
  const text = parameter["text"];
  if (parameter["type"] !== "text" || typeof text !== "string") return [];
  const at = [...path, "text"];
  return templateParameterProblems(text).map((detail) => ({ path: at, detail }));
}

function shapeProblems(
  components: readonly PlacedComponent[],
  known: KnownTemplate,
  path: readonly string[],
): ParameterProblem[] {
  const { parts, isWhole, definition } = known;
  const given = (kind: string): PlacedParameter[] =>
    components.filter((component) => component.kind === kind).flatMap((each) => each.parameters);
  const names = definition?.parameters.map(({ name }) => name) ?? [];
  return [
    ...(parts.body === null ? [] : textProblems("body", parts.body, given("body"), path, names)),
    ...headerProblems(known, given("header"), path),
    ...(isWhole ? buttonProblems(components, parts.buttons, path) : []),
  ];
}

function headerProblems(
  { parts: { header }, isWhole }: KnownTemplate,
  given: readonly PlacedParameter[],
  path: readonly string[],
): ParameterProblem[] {
  if (header === null) {
    // A webhook tells of no file's header.
    return isWhole ? textProblems("header", "", given, path, []) : [];
  }
  if (header.format === "TEXT") return textProblems("header", header.text ?? "", given, path, []);
  const kind = HEADER_KINDS.get(header.format);
  if (kind === undefined) return [];
  const [first, ...more] = given;
  if (first === undefined || more.length > 0) {
    const detail = `needs one parameter of type "${kind}" in its header, got ${given.length}`;
    return [{ path, detail }];
  }
  const file = objectMember(first.parameter, kind);
  if (first.parameter["type"] !== kind || file === null) {
    return [{ path: first.path, detail: `must be of type "${kind}", as the template's header is` }];
  }
  if (kind === "location" || FILE_MEMBERS.some((member) => textMember(file, member) !== null)) {
    return [];
  }
  return [
    { path: [...first.path, kind], detail: 'must name its file by "id", "link" or "media_id"' },
  ];
}

/** @param names what the registry calls the variables, for whoever reads the error */
function textProblems(
  place: "header" | "body",
  text: string,
  given: readonly PlacedParameter[],
  path: readonly string[],
  names: readonly string[],
): ParameterProblem[] {
  const variables = variablesOf(text);
  const wanted = variables.length;
  const named = names.length === wanted ? names : variables.map((name) => `{{${name}}}`);
  const list = wanted === 0 ? "" : ` (${named.join(", ")})`;
  if (given.length !== wanted) {
    const noun = wanted === 1 ? "parameter" : "parameters";
    const detail = `needs ${wanted} ${noun} in its ${place}${list}, got ${given.length}`;
    return [{ path, detail }];
  }
  return [
    ...given.flatMap(kindProblems),
    ...(areNamed(variables) ? nameProblems(variables, given) : positionProblems(given)),
  ];
}

function kindProblems({ parameter, path }: PlacedParameter): ParameterProblem[] {
  const kind = textMember(parameter, "type") ?? "";
  const isFile = [...HEADER_KINDS.values()].includes(kind);
  return isFile ? [{ path, detail: `must be text here, got a parameter of type "${kind}"` }] : [];
}

function nameProblems(
  variables: readonly string[],
  given: readonly PlacedParameter[],
): ParameterProblem[] {
  return given.flatMap((each, position) => {
    const name = nameOf(each);
    const path = [...each.path, "parameter_name"];
    const choice = `one of ${variables.join(", ")}`;
    if (name === null) {
      return [{ path, detail: `is required, for the template's variables are named: ${choice}` }];
    }
    if (!variables.includes(name)) return [{ path, detail: `must be ${choice}` }];
    const isFirst = given.findIndex((other) => nameOf(other) === name) === position;
    return isFirst ? [] : [{ path, detail: `"${name}" is given twice` }];
  });
}

function nameOf({ parameter }: PlacedParameter): string | null {
  return textMember(parameter, "parameter_name");
}

/** A name that is not the position could stand for another variable than the caller thinks. */
function positionProblems(given: readonly PlacedParameter[]): ParameterProblem[] {
  return given.flatMap((each, position) => {
    const name = nameOf(each);
    if (name === null || name === String(position + 1)) return [];
    const detail =
      "must be left out, for the template's variables are numbered: give them in order";
    return [{ path: [...each.path, "parameter_name"], detail }];
  });
}
