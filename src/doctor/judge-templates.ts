/** Whether Meta has approved the templates that the registry lets callers send. */
import { fail, ok, warn, type Verdict } from "./verdict.ts";

/** A template of the registry, and what Meta last told of it; null if nothing. */
export type KnownTemplate = {
  name: string;
  language: string;
  status: string | null;
  reason: string | null;
};

/** Statuses in which a template can be sent. */
const SENDABLE: ReadonlySet<string> = new Set(["APPROVED", "REINSTATED", "FLAGGED"]);

export function judgeTemplates(templates: readonly KnownTemplate[]): Verdict {
  const refused = templates.filter(({ status }) => status !== null && !SENDABLE.has(status));
  if (refused.length > 0) {
    return fail(
      `Not to be sent now: ${refused.map(nameWithStatus).join(", ")}.`,
      "Meta approves a template under exactly this name and language, or says why not: look at it in WhatsApp Manager → Message templates.",
    );
  }
  const untold = templates.filter(({ status }) => status === null);
  return untold.length > 0
    ? warn(
        `Meta has told nothing of: ${untold.map(nameOf).join(", ")}.`,
        "Ask it: POST /v1/templates/sync. What it does not have can be submitted: POST /v1/templates/push.",
      )
    : ok(`${templates.length} templates are approved.`);
}

function nameOf({ name, language }: KnownTemplate): string {
  return `${name} (${language})`;
}

function nameWithStatus(template: KnownTemplate): string {
  const { status, reason } = template;
  return `${nameOf(template)} is ${status}${reason === null || reason === "NONE" ? "" : `, ${reason}`}`;
}
