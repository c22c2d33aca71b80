/** Submits to Meta what the registry has and the account lacks. */
import type { Config } from "../config.ts";
import type { GraphError, GraphErrorClass } from "../graph/graph-error.ts";
import type { GraphResult } from "../graph/graph-request.ts";
import { submitTemplate } from "../graph/template-calls.ts";
import type { Database } from "../store/database.ts";
import {
  findTemplatesNamed,
  keepTemplateUpdates,
  NOTHING_TOLD,
  type TemplateKey,
  type TemplateRow,
} from "../store/templates.ts";
import { templateRegistry } from "./registry.ts";
import { askedAt, syncTemplates } from "./sync-templates.ts";
import type { TemplateDefinition } from "./template-definition.ts";
import { isAtAccount } from "./template-drift.ts";
import { templateSubmission } from "./template-submission.ts";

/** What became of one template of the registry. */
export type PushedTemplate = TemplateKey & {
  /** `failed`: Meta could not answer, and may have taken it; pushing again is safe. */
  outcome: "created" | "exists" | "refused" | "failed";
  meta_id: string | null;
  status: string | null;
  /** Meta's, which may differ from the one submitted. */
  category: string | null;
  submitted_category: string;
  /** Why it was refused or failed. */
  error: GraphError | null;
};

/** What a failed submission is to whoever pushes. */
const FAILURES: Readonly<Record<GraphErrorClass, "refused" | "failed">> = {
  permanent: "refused",
  operator: "refused",
  unknown: "refused",
  retry: "failed",
  later: "failed",
  ambiguous: "failed",
};

/** Syncs first, so that exactly what is missing is submitted, however often it is repeated. */
export async function pushTemplates(
  database: Database,
  config: Config,
  businessAccountId: string,
): Promise<GraphResult<PushedTemplate[]>> {
  const synced = await syncTemplates(database, config, businessAccountId);
  if (!synced.ok) return synced;
  const rows = await findTemplatesNamed(
    database,
    templateRegistry.map(({ name }) => name),
  );
  const pushed: PushedTemplate[] = [];
  // One after the other: a registry is small, and Meta limits how fast templates are submitted.
  for (const definition of templateRegistry) {
    const row = rows.find(
      ({ name, language }) => name === definition.name && language === definition.language,
    );
    pushed.push(
      row !== undefined && isAtAccount(row)
        ? { ...outcomeOf(definition, "exists"), ...told(row) }
        : await submit(database, config, businessAccountId, definition),
    );
  }
  return { ok: true, value: pushed };
}

async function submit(
  database: Database,
  config: Config,
  businessAccountId: string,
  definition: TemplateDefinition,
): Promise<PushedTemplate> {
  const at = askedAt(Date.now());
  const submission = templateSubmission(definition);
  const answer = await submitTemplate(config, businessAccountId, submission);
  if (!answer.ok) {
    return { ...outcomeOf(definition, FAILURES[answer.class]), error: answer.error };
  }
  if (answer.value === "exists") return outcomeOf(definition, "exists");
  const { id, status, category } = answer.value;
  const update = {
    ...NOTHING_TOLD,
    name: definition.name,
    language: definition.language,
    business_account_id: businessAccountId,
    meta_id: id,
    status,
    category,
    components: JSON.stringify(submission.components),
    components_whole: true,
    parameter_format: submission.parameter_format,
  };
  await keepTemplateUpdates(database, [{ ...update, at }]);
  return { ...outcomeOf(definition, "created"), ...told(update) };
}

function outcomeOf(
  { name, language, category }: TemplateDefinition,
  outcome: PushedTemplate["outcome"],
): PushedTemplate {
  return {
    name,
    language,
    outcome,
    meta_id: null,
    status: null,
    category: null,
    submitted_category: category,
    error: null,
  };
}

function told({ meta_id, status, category }: Pick<TemplateRow, "meta_id" | "status" | "category">) {
  return { meta_id, status, category };
}
