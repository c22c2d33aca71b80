/**
 * Sends many messages at once: each is claimed and queued before the answer, which awaits no outcome.
 * Their conversations' objects send them in order, at the pace that Meta allows.
 */
import { conversations, inCalls } from "../conversation/client.ts";
import type { Problem } from "../lib/problem.ts";
import { type OutgoingMessage, readOutgoing } from "../message/outgoing-message.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import type { MessageRow } from "../store/messages.ts";
import { NOTHING_SENT, unavailable, whyNotReached, whyNotTaken } from "./answers.ts";
import { claimSends } from "./claim-sends.ts";
import type { SendClaim } from "./claim.ts";
import { type PreparedSend, type PreparedSendResult, prepareSend } from "./prepare.ts";
import type { SendRequest } from "./request.ts";

export type BatchEntry = { request: SendRequest; phoneNumberId: string; claim: SendClaim };

export type BatchOutcome =
  | { kind: "queued"; row: MessageRow }
  | { kind: "refused"; problem: Problem };

/** Keeps the transaction short: D1 has one thread, and other requests wait for it. */
const CLAIMS_PER_TRANSACTION = 100;

/** Each prepared send with its row, or with the reason why it has none. */
type Claims = Map<PreparedSend, MessageRow | Problem>;

/** Returns one outcome per entry, in their order. */
export async function sendBatch(env: Env, entries: readonly BatchEntry[]): Promise<BatchOutcome[]> {
  const database = createDatabase(env.DB);
  let results: PreparedSendResult[];
  try {
    results = await Promise.all(
      entries.map(({ request, phoneNumberId, claim }) =>
        prepareSend(env, database, request, phoneNumberId, claim),
      ),
    );
  } catch (error) {
    const problem = unavailable("nothing_sent", null, error);
    return entries.map(() => ({ kind: "refused", problem }));
  }
  const claims = await claimAll(
    database,
    results.flatMap((result) => (result.ok ? [result.prepared] : [])),
  );
  await enqueue(env, database, claims);
  return results.map((result, place) =>
    result.ok
      ? outcomeOf(result.prepared, claims.get(result.prepared))
      : earlierOutcome(result, entries[place]?.claim.requestHash),
  );
}

/** A claim that D1 refuses does not stop the others. */
async function claimAll(database: Database, prepared: readonly PreparedSend[]): Promise<Claims> {
  const claims: Claims = new Map();
  for (let start = 0; start < prepared.length; start += CLAIMS_PER_TRANSACTION) {
    const some = prepared.slice(start, start + CLAIMS_PER_TRANSACTION);
    for (const [place, { claim }] of (await claimSends(database, some)).entries()) {
      const send = some[place];
      if (send !== undefined) claims.set(send, claim);
    }
  }
  return claims;
}

/** Hands over to the objects what has not started yet, of this batch and of an earlier try with its keys. */
async function enqueue(env: Env, database: Database, claims: Claims): Promise<void> {
  const waiting = [...claims].flatMap(([send, row]) =>
    "code" in row || row.state !== "pending" || !isSameRequest(row, send) ? [] : [{ send, row }],
  );
  const explain = async (
    sends: typeof waiting,
    why: (row: MessageRow) => Promise<Problem>,
  ): Promise<void> => {
    await Promise.all(sends.map(async ({ send, row }) => claims.set(send, await why(row))));
  };
  const byConversation = Map.groupBy(waiting, ({ row }) => row.conversation_id);
  await Promise.all(
    [...byConversation].map(async ([conversationId, group]) => {
      const messages = group.map(({ send, row }) => outgoingOf(row, send));
      const address = group[0]?.send.address ?? null;
      try {
        for (const some of inCalls(messages)) {
          const left = await conversations(env).enqueue(conversationId, some, address);
          const refused = group.filter(({ row }) => left?.includes(row.id));
          await explain(refused, (row) => whyNotTaken(env, database, row));
        }
      } catch (error) {
        await explain(group, (row) => whyNotReached(env, database, row, error));
      }
    }),
  );
}

function outcomeOf(send: PreparedSend, claim: MessageRow | Problem = NOTHING_SENT): BatchOutcome {
  if ("code" in claim) return { kind: "refused", problem: claim };
  return isSameRequest(claim, send)
    ? { kind: "queued", row: queued(claim, send) }
    : { kind: "refused", problem: keyReused(claim) };
}

/** The outcome of a send that can't be prepared now: the earlier message of its key, or the refusal. */
function earlierOutcome(
  { problem, earlier }: Extract<PreparedSendResult, { ok: false }>,
  requestHash: string | undefined,
): BatchOutcome {
  if (earlier === null) return { kind: "refused", problem };
  if (earlier.request_hash !== requestHash) return { kind: "refused", problem: keyReused(earlier) };
  const state = earlier.state === "pending" ? "queued" : earlier.state;
  return { kind: "queued", row: { ...earlier, state } };
}

function outgoingOf(row: MessageRow, { outgoing }: PreparedSend): OutgoingMessage {
  return row.id === outgoing.id ? outgoing : readOutgoing(row);
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
