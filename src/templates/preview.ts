/** What a customer would read of a template with these parameters, also while some are missing. Pure. */
import { isJsonObject, type JsonObject, objectsMember, textMember } from "../lib/json.ts";
import type { FieldError } from "../lib/problem.ts";
import type { TemplateRow } from "../store/templates.ts";
import { knownTemplate, TEMPLATE_VARIABLE, templateKey } from "./known.ts";
import { prepareTemplate } from "./prepare.ts";
import { filledPart } from "./render.ts";

export type TemplatePreview = {
  /** `text` only with the format `TEXT`. */
  header: { format: string; text: string | null } | null;
  body: string | null;
  footer: string | null;
  /** Meta's buttons, with the ends of their addresses. */
  buttons: readonly JsonObject[];
  /** Why it could not be sent like this; empty if it could. */
  errors: readonly FieldError[];
};

/**
 * A variable without a parameter stays as `{{3}}`.
 *
 * @param content as a send has it under `template`
 * @param row what Meta reported of the template; null if nothing
 * @returns null if neither Meta reported the text nor the registry has it
 */
export function previewTemplate(
  content: JsonObject,
  row: TemplateRow | null,
): TemplatePreview | null {
  const known = knownTemplate(templateKey(content), row);
  if (known === null) return null;
  const prepared = prepareTemplate(content, row, []);
  const { header, body, footer, buttons } = known.parts;
  const names = known.definition?.parameters.map(({ name }) => name) ?? [];
  const template = prepared.ok ? prepared.template : withGivenParams(content, names);
  return {
    header:
      header === null
        ? null
        : {
            ...header,
            text: header.text === null ? null : filledPart(template, "header", header.text),
          },
    body: body === null ? null : filledPart(template, "body", body),
    footer,
    buttons: buttons.map((button, place) => withAddress(button, endOf(template, place))),
    errors: prepared.ok ? [] : prepared.errors,
  };
}

/** The short form in Meta's shape, as far as it is filled in. */
function withGivenParams(content: JsonObject, names: readonly string[]): JsonObject {
  const { params } = content;
  if (!isJsonObject(params)) return content;
  const parameters = names.map((name) => {
    const text = textMember(params, name);
    return { type: "text", ...(text === null || text === "" ? {} : { text }) };
  });
  return { ...content, components: [{ type: "body", parameters }] };
}

function withAddress(button: JsonObject, end: string | null): JsonObject {
  const url = textMember(button, "url");
  return url === null || end === null
    ? button
    : { ...button, url: url.replace(TEMPLATE_VARIABLE, () => end) };
}

/** The end that the request gives the address of the button at this place. */
function endOf(template: JsonObject, place: number): string | null {
  const component = objectsMember(template, "components").find(
    (each) =>
      textMember(each, "type")?.toLowerCase() === "button" &&
      textMember(each, "sub_type")?.toLowerCase() === "url" &&
      Number(each["index"]) === place,
  );
  return textMember(objectsMember(component, "parameters")[0], "text");
}
