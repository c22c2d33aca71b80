/** A template to send, made ready: pure, over the row that was found for it. */
import type { FieldError } from "../http/problem.ts";
import type { JsonObject } from "../json/json.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import type { TemplateRow } from "../store/templates.ts";
import { parameterErrors } from "./check-parameters.ts";
import { completeTemplate } from "./complete-template.ts";
import { knownTemplate, templateKey } from "./known-template.ts";
import { renderTemplate } from "./render-template.ts";
import { notApprovedReason } from "./template-status.ts";

export type PreparedTemplate =
  | {
      ok: true;
      /** In Meta's shape. */
      template: JsonObject;
      /** As the customer reads it. */
      body: string;
      /** By Meta's word, else by the registry's; null where neither has one. */
      category: string | null;
    }
  | {
      ok: false;
      code: "template_not_approved" | "template_parameters";
      errors: readonly FieldError[];
    };

/**
 * Completes the short form and refuses what Meta would refuse: a template known not to be approved,
 * and parameters that don't fit it. One that nobody told of passes as it is.
 *
 * @param row what Meta told of it, null if nothing
 * @param at where the template stands in the request
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
    // The components that the short form was completed to stand nowhere in the request.
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
