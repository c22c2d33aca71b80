/**
 * Whether the parameters that a request gives a template are what the template takes: their number,
 * names and kinds, the ends of buttons' addresses, and the characters of their text.
 */
import {
  isJsonObject,
  type JsonObject,
  jsonPointer,
  type JsonValue,
  objectMember,
  textMember,
} from "../lib/json.ts";
import type { FieldError } from "../lib/problem.ts";
import { areNamed, type KnownTemplate, variablesOf } from "./known.ts";
import { templateText } from "./render.ts";

/** A parameter of a template to send, with its place in the request. */
type PlacedParameter = { parameter: JsonObject; path: readonly string[] };

/** A component of a template to send, with its place in the request. */
type PlacedComponent = {
  /** Its type in lower case: Meta writes `BODY` in definitions, `body` in messages, and takes both. */
  kind: string;
  component: JsonObject;
  parameters: readonly PlacedParameter[];
  path: readonly string[];
};

/** What is wrong with a parameter, and where it is in the request. */
type ParameterProblem = { path: readonly string[]; detail: string };

/** The kind of parameter that each header without text takes. */
const HEADER_KINDS: ReadonlyMap<string, string> = new Map([
  ["IMAGE", "image"],
  ["VIDEO", "video"],
  ["DOCUMENT", "document"],
  ["LOCATION", "location"],
]);

/** Members that identify a header's file: Meta's id, an address, or our own id. */
const FILE_MEMBERS = ["id", "link", "media_id"];

/**
 * Everything that Meta would refuse about a template's parameters: their number, names and kinds,
 * the header's file, the ends of buttons' addresses, and characters that no parameter may have.
 * Components of other kinds (carousels, offers, orders, flows …) are left to Meta. Each error quotes
 * the template's text, if known.
 *
 * @param at the template's place in the request
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
    // A webhook does not contain headers of files, so there may be one.
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

/** @param names the registry's names of the variables, which the error quotes */
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

/** A name other than the position may mean another variable than the one that Meta fills. */
function positionProblems(given: readonly PlacedParameter[]): ParameterProblem[] {
  return given.flatMap((each, position) => {
    const name = nameOf(each);
    if (name === null || name === String(position + 1)) return [];
    const detail =
      "must be left out, for the template's variables are numbered: give them in order";
    return [{ path: [...each.path, "parameter_name"], detail }];
  });
}

/** The components of a template in Meta's shape; `path` is the place of their list. */
function placedComponents(template: JsonObject, path: readonly string[]): PlacedComponent[] {
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

/** Types of buttons that never take the end of an address. */
const WITHOUT_ADDRESS: ReadonlySet<string> = new Set(["QUICK_REPLY", "PHONE_NUMBER"]);

/**
 * What is wrong with the buttons of a template to send: a button whose address has a variable needs
 * its end, and no other button takes one. Buttons of other kinds are left to Meta.
 *
 * @param buttons the template's own, by index
 */
function buttonProblems(
  components: readonly PlacedComponent[],
  buttons: readonly JsonObject[],
  path: readonly string[],
): ParameterProblem[] {
  const given = components.filter(isForAddress);
  return [
    ...given.flatMap((component) => endProblems(component, buttons)),
    ...buttons.flatMap((button, index) => {
      if (!takesEnd(button) || given.some((each) => indexOf(each) === String(index))) return [];
      const wanted = `{"type": "button", "sub_type": "url", "index": "${index}", "parameters": […]}`;
      return [{ path, detail: `needs ${wanted} for the end of ${addressOf(button)}` }];
    }),
  ];
}

function endProblems(
  { component, parameters, path }: PlacedComponent,
  buttons: readonly JsonObject[],
): ParameterProblem[] {
  const index = textMember(component, "index") ?? "";
  const button = /^\d+$/.test(index) ? buttons[Number(index)] : undefined;
  if (button === undefined) {
    const detail = `must be the index of one of the template's ${buttons.length} buttons, from 0`;
    return [{ path: [...path, "index"], detail }];
  }
  if (takesEnd(button)) {
    if (parameters.length === 1 && parameters[0]?.parameter["type"] === "text") return [];
    const detail = `needs one text, the end of ${addressOf(button)}, got ${parameters.length} parameters`;
    return [{ path: [...path, "parameters"], detail }];
  }
  const kind = textMember(button, "type")?.toUpperCase() ?? "";
  if (kind !== "URL" && !WITHOUT_ADDRESS.has(kind)) return [];
  return [
    { path, detail: `the button "${textMember(button, "text")}" takes no end of an address` },
  ];
}

function isForAddress({ kind, component }: PlacedComponent): boolean {
  return kind === "button" && textMember(component, "sub_type")?.toLowerCase() === "url";
}

function indexOf({ component }: PlacedComponent): string | null {
  return textMember(component, "index");
}

function takesEnd(button: JsonObject): boolean {
  return variablesOf(textMember(button, "url") ?? "").length > 0;
}

function addressOf(button: JsonObject): string {
  return `the button "${textMember(button, "text")}", ${textMember(button, "url")}`;
}

/** The longest run of spaces that Meta accepts, in characters. */
const MAX_SPACES_IN_A_ROW = 4;

/**
 * What is wrong with the text of a template parameter, and what to write instead; empty if Meta would
 * accept it.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
 */
export function templateParameterProblems(text: string): string[] {
  const problems: string[] = [];
  if (text.trim() === "") problems.push("must not be empty: Meta refuses a blank parameter");
  if (/[\n\r\t]/.test(text)) {
    problems.push("must not contain a newline or a tab: write it on one line, with spaces");
  }
  const longestRun = Math.max(0, ...Array.from(text.matchAll(/ +/g), ([run]) => run.length));
  if (longestRun > MAX_SPACES_IN_A_ROW) {
    problems.push(`at most ${MAX_SPACES_IN_A_ROW} spaces in a row, got ${longestRun}`);
  }
  return problems;
}
