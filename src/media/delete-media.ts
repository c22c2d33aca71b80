/** Takes a file away from Meta: nobody can send it any more. */
import type { GraphClient } from "../graph/graph-client.ts";
import type { Database } from "../store/database.ts";
import { findMediaSource, refusal, type ServeResult } from "./serve-media.ts";

export type DeleteResult = { ok: true } | Exclude<ServeResult, { ok: true }>;

/** By our id or Meta's; messages that carried it keep naming it. */
export async function deleteMedia(
  graph: GraphClient,
  db: Database,
  id: string,
): Promise<DeleteResult> {
  const source = await findMediaSource(db, id);
  if (source === null) return { ok: false, reason: "unknown" };
  const deleted = await graph.deleteMedia(source.phoneNumberId, source.metaId);
  return deleted.ok ? { ok: true } : refusal(deleted);
}
