/**
 * Many messages at once: every one is claimed and queued before the answer, none is awaited.
 * Their conversations send them in order, at the pace that Meta allows.
 */
import type { Problem } from "../http/problem.ts";
import type { SendRequest } from "../messages/send-request.ts";
import { createDatabase } from "../store/database.ts";
import { claimMessages, type MessageRow } from "../store/messages.ts";
import { callConversation } from "./call-conversation.ts";
import type { SendClaim } from "./claim-of.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { prepareSend, type PreparedSend } from "./prepare-send.ts";
import { templateLookup } from "../templates/template-lookup.ts";

export type BatchEntry = { request: SendRequest; phoneNumberId: string; claim: SendClaim };

export type BatchOutcome =
  | { kind: "queued"; row: MessageRow }
  | { kind: "refused"; problem: Problem };

/** An outcome for each entry, in their order. */
export async function sendBatch(env: Env, entries: readonly BatchEntry[]): Promise<BatchOutcome[]> {
  const database = createDatabase(env.DB);
  const findTemplateRow = templateLookup(database);
  const results = await Promise.all(
    entries.map(({ request, phoneNumberId, claim }) =>
      prepareSend(env, database, request, phoneNumberId, claim, findTemplateRow),
    ),
  );
  const prepared = results.flatMap((result) => (result.ok ? [result.prepared] : []));
  const rows = await claimMessages(
    database,
    prepared.map(({ claim }) => claim),
  );
  const claimed = new Map(
    prepared.flatMap((send, place) => {
      const row = rows[place];
      return row ? [[send, row] as const] : [];
    }),
  );
  await enqueue(env, claimed);
  return results.map((result) => {
    if (!result.ok) return { kind: "refused", problem: result.problem };
    const row = claimed.get(result.prepared);
    if (row === undefined) throw new Error("a claimed message has no row");
    return isSameRequest(row, result.prepared)
      ? { kind: "queued", row: queued(row, result.prepared) }
      : { kind: "refused", problem: keyReused(row) };
  });
}

/** Claims that have not started, this batch's and those an earlier try left behind. */
async function enqueue(env: Env, claimed: ReadonlyMap<PreparedSend, MessageRow>): Promise<void> {
  const waiting = [...claimed].filter(
    ([send, row]) => row.state === "pending" && isSameRequest(row, send),
  );
  const byConversation = Map.groupBy(waiting, ([, row]) => row.conversation_id);
  await Promise.all(
    [...byConversation].map(([conversationId, group]) => {
      const id = env.CONVERSATION.idFromString(conversationId);
      const messages = group.map(([send, row]) => outgoingOf(row, send));
      const address = group[0]?.[0].address ?? null;
      return callConversation(env.CONVERSATION, id, (stub) => stub.enqueue(messages, address));
    }),
  );
}

function outgoingOf(row: MessageRow, { outgoing }: PreparedSend): OutgoingMessage {
  return row.id === outgoing.id ? outgoing : JSON.parse(row.send_options ?? "null");
}

function isSameRequest(row: MessageRow, { claim }: PreparedSend): boolean {
  return row.request_hash === claim.message.request_hash;
}

function queued(row: MessageRow, { outgoing }: PreparedSend): MessageRow {
  if (row.state !== "pending") return row;
  return { ...row, state: outgoing.ready_at > Date.now() ? "scheduled" : "queued" };
}

function keyReused(row: MessageRow): Problem {
  return {
    code: "idempotency_key_reused",
    detail: "This idempotency_key came with another message before: use a new key for a new one.",
    members: { message_id: row.id },
  };
}
