/**
 * Copies the account's templates from Meta to D1, and submits to Meta those that the registry has and
 * the account lacks.
 */
import type { Config } from "../config/config.ts";
import type { GraphError, GraphErrorClass } from "../graph/errors.ts";
import type { GraphResult } from "../graph/request.ts";
import { listAccountTemplates, submitTemplate } from "../graph/templates.ts";
import { SECOND_MS } from "../lib/time.ts";
import type { Database } from "../store/d1.ts";
import {
  findGoneTemplates,
  findTemplatesNamed,
  keepTemplateList,
  keepTemplateUpdates,
  EMPTY_UPDATE,
  type TemplateKey,
  type TemplateRow,
} from "../store/templates.ts";
import type { TemplateDefinition } from "./definition.ts";
import { isAtAccount } from "./drift.ts";
import { listedTemplate, templateSubmission } from "./known.ts";
import { templateRegistry } from "./registry.ts";

type TemplateSync = {
  /** In milliseconds. */
  synced_at: number;
  /** How many templates the account has. */
  listed: number;
  /** Templates that D1 had and the account has no more. */
  gone: TemplateKey[];
};

/**
 * The time of an answer to a call that begins now. Webhooks have whole seconds, and one of the same
 * second may be newer than the answer: it must win.
 */
function askedAt(now: number): number {
  return Math.floor(now / SECOND_MS) * SECOND_MS - 1;
}

/** Lists all of the account's templates and stores them; if Meta fails, nothing changes. */
export async function syncTemplates(
  database: Database,
  config: Config,
  businessAccountId: string,
): Promise<GraphResult<TemplateSync>> {
  const at = askedAt(Date.now());
  const answer = await listAccountTemplates(config, businessAccountId);
  if (!answer.ok) return answer;
  const listed = answer.value
    .map((template) => listedTemplate(template, businessAccountId, at))
    .filter((template) => template !== null);
  await keepTemplateList(database, businessAccountId, listed, at);
  const gone = await findGoneTemplates(database, businessAccountId);
  return { ok: true, value: { synced_at: at, listed: listed.length, gone } };
}

/** What became of one template of the registry. */
export type PushedTemplate = TemplateKey & {
  /** `failed`: Meta could not answer, and may have accepted it; pushing again is safe. */
  outcome: "created" | "exists" | "refused" | "failed";
  meta_id: string | null;
  status: string | null;
  /** Meta's, which may differ from the one submitted. */
  category: string | null;
  submitted_category: string;
  /** Why it was refused or failed. */
  error: GraphError | null;
};

/** The outcome of a submission that Meta did not accept. */
const FAILURES: Readonly<Record<GraphErrorClass, "refused" | "failed">> = {
  permanent: "refused",
  operator: "refused",
  unknown: "refused",
  retry: "failed",
  later: "failed",
  ambiguous: "failed",
};

/** Syncs first, so that it submits only what is missing and can be repeated. */
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
  // One after the other: the registry is small, and Meta limits the pace of submissions.
  for (const definition of templateRegistry) {
    const row = rows.find(
      ({ name, language }) => name === definition.name && language === definition.language,
    );
    pushed.push(
      row !== undefined && isAtAccount(row)
        ? { ...outcomeOf(definition, "exists"), ...atMeta(row) }
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
    ...EMPTY_UPDATE,
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
  return { ...outcomeOf(definition, "created"), ...atMeta(update) };
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

function atMeta({
  meta_id,
  status,
  category,
}: Pick<TemplateRow, "meta_id" | "status" | "category">) {
  return { meta_id, status, category };
}
