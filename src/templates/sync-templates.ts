/** Brings D1 in line with what Meta has. */
import type { Config } from "../config.ts";
import type { GraphResult } from "../graph/graph-request.ts";
import { listAccountTemplates } from "../graph/template-calls.ts";
import type { Database } from "../store/database.ts";
import { findGoneTemplates, keepTemplateList, type TemplateKey } from "../store/templates.ts";
import { listedTemplate } from "./listed-template.ts";

export type TemplateSync = {
  /** In milliseconds. */
  synced_at: number;
  /** How many templates the account has. */
  listed: number;
  /** Those known before that it has no more. */
  gone: TemplateKey[];
};

const SECOND_MS = 1000;

/**
 * The time of what Meta is asked now. Webhooks tell theirs in whole seconds, so that one of the same
 * second may tell something newer: it wins.
 */
export function askedAt(now: number): number {
  return Math.floor(now / SECOND_MS) * SECOND_MS - 1;
}

/** Lists the account's templates to the end and keeps them; where Meta fails, nothing changes. */
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
