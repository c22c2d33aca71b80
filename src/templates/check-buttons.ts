import { textMember, type JsonObject } from "../json/json.ts";
import type { ParameterProblem, PlacedComponent } from "./placed-component.ts";
import { variablesOf } from "./template-parts.ts";

/** Buttons that never take the end of an address. */
const WITHOUT_ADDRESS: ReadonlySet<string> = new Set(["QUICK_REPLY", "PHONE_NUMBER"]);

/**
 * What is wrong with the buttons of a template to send: each whose address has a variable needs its
 * end, and no other takes one. Components for buttons of other kinds are Meta's to judge.
 *
 * @param buttons the template's own, by index
 */
export function buttonProblems(
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
