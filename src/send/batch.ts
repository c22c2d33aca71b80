/**
 * Sends many messages at once: each is queued before the answer, which awaits no outcome. Their
 * conversations' objects bring the rows into D1 together, and send in order, at the pace that Meta allows.
 */
import { inCalls } from "../conversation/client.ts";
import { messageRowOf } from "../conversation/state/projection.ts";
import { GatheringWriter } from "../conversation/sync/writer.ts";
import { isSameMessage } from "../lib/ids.ts";
import type { Problem } from "../lib/problem.ts";
import { type OutgoingMessage, readOutgoing } from "../message/outgoing-message.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import { type ClaimedKey, claimKeys, type KeyHolder } from "../store/idempotency-keys.ts";
import { findMessage } from "../store/find-message.ts";
import type { MessageRow } from "../store/messages.ts";
import {
  type Handed,
  keyReused,
  MAYBE_SENT,
  NOTHING_SENT,
  unavailable,
  whyNotReached,
  whyNotTaken,
} from "./answers.ts";
import type { SendClaim } from "./claim.ts";
import { keepForUpkeep, queue } from "./hand-over.ts";
import { handedOf, NO_OBJECT_YET } from "./outcome.ts";
import { type PreparedSend, type PreparedSendResult, prepareSend } from "./prepare.ts";
import type { SendRequest } from "./request.ts";
import { bookSlots } from "./slots.ts";

export type BatchEntry = { request: SendRequest; phoneNumberId: string; claim: SendClaim };

export type BatchOutcome =
  | { kind: "queued"; row: MessageRow }
  | { kind: "refused"; problem: Problem };

/** A message to queue, for each request that stands for it. */
type Waiting = { message: OutgoingMessage; conversationId: string; prepared: PreparedSend };

/** What is known of each request so far. */
type Step = BatchOutcome | ({ kind: "waiting" } & Waiting);

/** Returns one outcome per entry, in their order. */
export async function sendBatch(env: Env, entries: readonly BatchEntry[]): Promise<BatchOutcome[]> {
  const database = createDatabase(env);
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
  const claimed = await claimAll(
    database,
    results.flatMap((result) => (result.ok ? [result.prepared] : [])),
  );
  const steps = await Promise.all(
    results.map(async (result, place): Promise<Step> => {
      if (result.ok) return stepOf(database, result.prepared, claimed.get(result.prepared));
      const { problem, earlier } = result;
      if (earlier === null) return { kind: "refused", problem };
      return earlierStep(database, earlier, entries[place]?.claim.requestHash, { problem });
    }),
  );
  return queueAll(env, database, steps);
}

/** Whose the keys are; a problem where D1 does not say. */
async function claimAll(
  database: Database,
  prepared: readonly PreparedSend[],
): Promise<Map<PreparedSend, ClaimedKey | Problem>> {
  const keyed = prepared.flatMap((send) => (send.key === null ? [] : [{ send, key: send.key }]));
  try {
    const claimed = await claimKeys(
      database,
      keyed.map(({ send: { outgoing, conversationId }, key }) => {
        return { ...key, message_id: outgoing.id, conversation_id: conversationId };
      }),
    );
    return new Map(keyed.map(({ send }, place) => [send, claimed[place] ?? { kind: "erased" }]));
  } catch (error) {
    const problem = unavailable("nothing_sent", null, error);
    return new Map(keyed.map(({ send }) => [send, problem]));
  }
}

async function stepOf(
  database: Database,
  prepared: PreparedSend,
  claimed: ClaimedKey | Problem = { kind: "ours" },
): Promise<Step> {
  if ("code" in claimed) return { kind: "refused", problem: claimed };
  const { outgoing: message, conversationId, key } = prepared;
  switch (claimed.kind) {
    case "ours":
      return { kind: "waiting", message, conversationId, prepared };
    case "erased":
      return { kind: "refused", problem: MAYBE_SENT };
    case "earlier":
      return earlierStep(database, claimed.holder, key?.request_hash, { prepared });
  }
}

/** A key's earlier message: its row, or the message again, should its first request have been cut off. */
async function earlierStep(
  database: Database,
  holder: KeyHolder,
  requestHash: string | undefined,
  instead: { prepared: PreparedSend } | { problem: Problem },
): Promise<Step> {
  if (holder.request_hash !== requestHash)
    return { kind: "refused", problem: keyReused(holder.message_id) };
  try {
    const row = await findMessage(database, holder.message_id);
    if (row !== null && row.state !== "pending") return { kind: "queued", row };
    if ("problem" in instead) {
      return row === null
        ? { kind: "refused", problem: instead.problem }
        : { kind: "queued", row: { ...row, state: "queued" } };
    }
    const { prepared } = instead;
    const again = { id: holder.message_id, made_at: holder.created_at };
    // A Worker of 0.1.0 inserted the row before the object had the message.
    const message = row === null ? { ...prepared.outgoing, ...again } : readOutgoing(row);
    const conversationId = row?.conversation_id ?? holder.conversation_id;
    return { kind: "waiting", message, conversationId, prepared };
  } catch (error) {
    return { kind: "refused", problem: unavailable("outcome_not_read", holder.message_id, error) };
  }
}

/** Hands the messages to their objects, which share a writer: however many, they are one D1 batch. */
async function queueAll(
  env: Env,
  database: Database,
  steps: readonly Step[],
): Promise<BatchOutcome[]> {
  const waiting = steps.filter((step) => step.kind === "waiting");
  const problems = new Map<Waiting, Problem>();
  const groups = Map.groupBy(waiting, ({ conversationId }) => conversationId);
  const firsts = new Map(
    [...groups].flatMap(([id, [first]]) => (first === undefined ? [] : [[id, first.message]])),
  );
  const writer = new GatheringWriter(env, (ids) => bookSlots(env, firsts, ids));
  await Promise.all(
    [...groups].map(async ([conversationId, group]) => {
      const handed = ({ message, prepared }: Waiting): Handed =>
        handedOf(message, conversationId, prepared.address);
      const address = group[0]?.prepared.address ?? null;
      const keep = async (some: readonly Waiting[], error: unknown): Promise<void> => {
        const messages = some.map(({ message }) => message);
        try {
          await keepForUpkeep(env, conversationId, { messages, address });
        } catch (reason) {
          for (const each of some) {
            problems.set(each, unavailable("not_kept", each.message.id, reason));
          }
          return;
        }
        await Promise.all(
          some.map(async (each) => {
            problems.set(each, await whyNotReached(env, database, handed(each), error));
          }),
        );
      };
      try {
        const refused = await writer.lendTo(async (lent) => {
          const ids: string[] = [];
          for (const messages of inCalls(group.map(({ message }) => message))) {
            const given = { messages, address, writer: lent };
            ids.push(...(await queue(env, conversationId, given)).refused);
          }
          return ids;
        });
        const kept: Waiting[] = [];
        await Promise.all(
          group.map(async (each) => {
            if (!refused.includes(each.message.id)) return;
            const problem = await whyNotTaken(env, handed(each));
            if (problem === null) kept.push(each);
            else problems.set(each, problem);
          }),
        );
        if (kept.length > 0) await keep(kept, new Error(NO_OBJECT_YET));
      } catch (error) {
        await keep(group, error);
      }
    }),
  );
  return Promise.all(
    steps.map(async (step) => {
      if (step.kind !== "waiting") return step;
      const problem = problems.get(step);
      if (problem !== undefined) return { kind: "refused", problem };
      const row =
        writer.shown.find(({ id }) => isSameMessage(id, step.message.id)) ??
        (await rowOf(database, step));
      return row === null
        ? { kind: "refused", problem: NOTHING_SENT }
        : {
            kind: "queued",
            row: { ...row, state: row.state === "pending" ? "queued" : row.state },
          };
    }),
  );
}

/** The row of a message that the object did not have to bring, or can't bring yet. */
async function rowOf(
  database: Database,
  { message, conversationId, prepared: { address } }: Waiting,
): Promise<MessageRow | null> {
  try {
    const row = await findMessage(database, message.id);
    if (row !== null) return row;
  } catch {
    // D1 does not answer: the object's alarm brings the row.
  }
  const now = Date.now();
  return messageRowOf(
    {
      id: conversationId,
      phone: address?.kind === "phone" ? address.phone : null,
      wa_id: address?.kind === "phone" ? address.phone : null,
      user_id: address?.kind === "user" ? address.user_id : null,
      username: null,
      profile_name: null,
      read_up_to: null,
    },
    {
      message_id: message.id,
      revision: 1,
      report: { state: message.ready_at > now ? "scheduled" : "queued", error: null },
      message,
    },
  );
}
