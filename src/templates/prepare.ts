/**
 * Prepares a template to send: completes the short form `params` to Meta's `components`, and refuses
 * what Meta would refuse. Pure, over the row that was found for the template.
 */
import { isJsonObject, type JsonObject, jsonPointer } from "../lib/json.ts";
import type { FieldError } from "../lib/problem.ts";
import type { TemplateRow } from "../store/templates.ts";
import { parameterErrors, templateParameterProblems } from "./check.ts";
import type { TemplateDefinition } from "./definition.ts";
import { knownTemplate, templateKey } from "./known.ts";
import { findTemplate, templateRegistry } from "./registry.ts";
import { renderTemplate } from "./render.ts";

export type PreparedTemplate =
  | {
      ok: true;
      /** In Meta's shape. */
      template: JsonObject;
      /** As the customer reads it. */
      body: string;
      /** Meta's, else the registry's; null if neither has one. */
      category: string | null;
    }
  | {
      ok: false;
      code: "template_not_approved" | "template_parameters";
      errors: readonly FieldError[];
    };

/**
 * Completes the short form and refuses what Meta would refuse: a template that is not approved, and
 * parameters that don't fit it. An unknown template passes unchanged.
 *
 * @param row what Meta reported of the template; null if nothing
 * @param at the template's place in the request
 */
export function prepareTemplate(
  content: JsonObject,
  row: TemplateRow | null,
  at: readonly string[] = ["template"],
): PreparedTemplate {
  const notApproved = notApprovedReason(row?.status ?? null, row?.reason ?? null);
  if (notApproved !== null) {
    const errors = [{ pointer: jsonPointer([...at, "name"]), detail: notApproved }];
    return { ok: false, code: "template_not_approved", errors };
  }
  const completed = completeTemplate(content, at);
  if (!completed.ok) return { ok: false, code: "template_parameters", errors: completed.errors };
  const { template } = completed;
  const known = knownTemplate(templateKey(template), row);
  const errors = parameterErrors(template, known, at);
  if (errors.length > 0) {
    // The request has no components to point at: they come from its `params`.
    const pointer = content["params"] === undefined ? null : jsonPointer([...at, "params"]);
    const placed = pointer === null ? errors : errors.map((error) => ({ ...error, pointer }));
    return { ok: false, code: "template_parameters", errors: placed };
  }
  return {
    ok: true,
    template,
    body: renderTemplate(template, known),
    category: row?.category ?? known?.definition?.category ?? null,
  };
}

type CompleteTemplateResult =
  | { ok: true; template: JsonObject }
  | { ok: false; errors: FieldError[] };

/**
 * Turns `params: {name: …}` into Meta's `components` by the registry's names of the parameters; a
 * template without `params` passes unchanged. The errors quote the template's text, so that the caller
 * sees what to put where.
 *
 * @param at the template's place in the request
 */
export function completeTemplate(
  template: JsonObject,
  at: readonly string[] = ["template"],
): CompleteTemplateResult {
  const { params, ...rest } = template;
  if (params === undefined) return { ok: true, template };
  if (template["components"] !== undefined) {
    return refuse([...at, "params"], 'give either "params" or "components", not both');
  }
  if (!isJsonObject(params)) {
    return refuse([...at, "params"], "must be an object of parameter names and their texts");
  }
  const { name, language } = templateKey(template);
  const definition = findTemplate(name, language);
  if (definition === null) {
    const known = templateRegistry.map((entry) => `${entry.name} (${entry.language})`).join(", ");
    const detail = `"params" works for ${known}; send "components" for any other template`;
    return refuse([...at, "name"], detail);
  }
  const errors = paramsErrors(definition, params, [...at, "params"]);
  if (errors.length > 0) return { ok: false, errors };
  const parameters = definition.parameters.map((parameter) => ({
    type: "text",
    text: params[parameter.name],
  }));
  const components = [{ type: "body", parameters }];
  const withLanguage = { language: { code: language }, ...rest };
  return { ok: true, template: { ...withLanguage, components } };
}

function paramsErrors(
  definition: TemplateDefinition,
  params: JsonObject,
  at: readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  const complain = (name: string, detail: string): void => {
    const pointer = jsonPointer([...at, name]);
    errors.push({ pointer, detail: `${detail}. The template reads: ${definition.body}` });
  };
  const names = definition.parameters.map((parameter) => parameter.name);
  for (const { name, meaning } of definition.parameters) {
    const text = Object.hasOwn(params, name) ? params[name] : undefined;
    if (text === undefined) complain(name, `is required: ${meaning}`);
    else if (typeof text !== "string") complain(name, "must be text");
    else for (const problem of templateParameterProblems(text)) complain(name, problem);
  }
  for (const name of Object.keys(params)) {
    if (!names.includes(name)) complain(name, `is unknown: the parameters are ${names.join(", ")}`);
  }
  return errors;
}

function refuse(path: readonly string[], detail: string): CompleteTemplateResult {
  return { ok: false, errors: [{ pointer: jsonPointer(path), detail }] };
}

/**
 * Statuses in which Meta refuses a template, and what to do. A template may be sent in any other:
 * APPROVED, FLAGGED (complaints, not paused yet), REINSTATED, UNARCHIVED, LOCKED (against editing), and
 * unknown ones, which are left to Meta.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
 */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["PENDING", "wait until Meta has reviewed it"],
  ["IN_APPEAL", "wait until Meta has reviewed it again"],
  ["REJECTED", "correct it in WhatsApp Manager, which submits it again"],
  ["PAUSED", "wait until Meta resumes it, and send it less, for customers complained"],
  ["DISABLED", "use another template, for customers complained and Meta stopped this one for good"],
  ["ARCHIVED", "unarchive it in WhatsApp Manager"],
  ["PENDING_DELETION", "use another template"],
  ["DELETED", "submit it under another name, for Meta blocks this one for 30 days"],
]);

/** Meta's word for no reason. */
const NO_REASON = "NONE";

/** Why Meta would refuse a template in this status, and what to do; null if it would not. */
function notApprovedReason(status: string | null, reason: string | null): string | null {
  const remedy = REMEDIES.get(status ?? "");
  if (remedy === undefined) return null;
  const because = reason === null || reason.toUpperCase() === NO_REASON ? "" : ` (${reason})`;
  return `is ${status}${because} at Meta: ${remedy}. If that has changed, POST /v1/templates/sync`;
}
