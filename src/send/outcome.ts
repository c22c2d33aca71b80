/** What became of a message at its conversation's object, as the caller gets it. */
import { sendProjection } from "../conversation/state/projection.ts";
import type { Dispatch, Dispatched, Sent, ShownSend } from "../conversation/rpc.ts";
import type { Address } from "../lib/address.ts";
import { outboundMessageId } from "../lib/ids.ts";
import type { Problem } from "../lib/problem.ts";
import { madeAt, type OutgoingMessage, readOutgoing } from "../message/outgoing-message.ts";
import type { Database } from "../store/d1.ts";
import { claimKeys } from "../store/idempotency-keys.ts";
import { findMessage } from "../store/find-message.ts";
import type { MessageRow } from "../store/messages.ts";
import { findFallback } from "../store/sends.ts";
import { type Handed, unavailable, whyNotReached, whyNotTaken } from "./answers.ts";
import { dispatch, keepForUpkeep } from "./hand-over.ts";

export type SendOutcome =
  | { kind: "sent"; row: MessageRow; replayed: boolean }
  | { kind: "refused"; problem: Problem };

/** Why the object has not taken a message to a conversation of which only D1 knows. */
export const NO_OBJECT_YET = "no object yet";

type Taken = Exclude<Dispatched, { kind: "not_taken" }>;

export function refused(problem: Problem): SendOutcome {
  return { kind: "refused", problem };
}

export function handedOf(
  message: OutgoingMessage,
  conversationId: string,
  address: Address | null,
): Handed {
  const addresses = address === null ? [] : [address];
  return { id: message.id, conversationId, addresses, madeAt: madeAt(message) };
}

/** Hands a message to its object and returns the object's answer, or why there is none. */
export async function dispatchOrExplain(
  env: Env,
  database: Database,
  conversationId: string,
  given: Dispatch,
): Promise<Taken | Problem> {
  const handed = handedOf(given.message, conversationId, given.address);
  let error: unknown = new Error(NO_OBJECT_YET);
  try {
    const dispatched = await dispatch(env, conversationId, given);
    if (dispatched.kind !== "not_taken") return dispatched;
    const problem = await whyNotTaken(env, handed);
    if (problem !== null) return problem;
  } catch (reason) {
    error = reason;
  }
  return keepOrExplain(env, database, { handed, given, error });
}

/**
 * The object does not answer: it may have the message, and gets it once more from upkeep. With a key it gets
 * it under another id: an object that stopped before it claimed the key would take this claim for its own,
 * and the message for one that may have been sent.
 */
async function keepOrExplain(
  env: Env,
  database: Database,
  { handed, given, error }: { handed: Handed; given: Dispatch; error: unknown },
): Promise<Taken | Problem> {
  const { address, key } = given;
  const message_id = key === null ? handed.id : outboundMessageId(Date.now());
  const message = { ...given.message, id: message_id };
  const { conversationId: conversation_id } = handed;
  try {
    if (key !== null) {
      const [answer] = await claimKeys(database, [{ ...key, message_id, conversation_id }]);
      if (answer !== undefined && answer.kind !== "ours") return { kind: "not_ours", answer };
    }
    await keepForUpkeep(env, conversation_id, { messages: [message], address });
  } catch (reason) {
    return unavailable("not_kept", message_id, reason);
  }
  return whyNotReached(env, database, { ...handed, id: message_id }, error);
}

/** The outcome with the row of the message that the customer got. */
export async function outcomeOf(
  database: Database,
  { sent, shown }: { sent: Sent; shown: ShownSend },
  replayed: boolean,
): Promise<SendOutcome> {
  const { message_id } = sent.progress;
  try {
    const row = shown.row ?? (await findMessage(database, message_id));
    if (row === null) throw new Error("D1 does not have its row yet");
    const current = withProgress(row, sent);
    const fallback = current.state === "failed" ? shown.fallback : null;
    return { kind: "sent", row: fallback ?? (await sentInstead(database, current)), replayed };
  } catch (error) {
    return refused(unavailable("outcome_not_read", message_id, error));
  }
}

/** The row as D1 has it once the progress is recorded. */
export function withProgress(
  row: MessageRow,
  { conversation, progress }: Pick<Sent, "conversation" | "progress">,
): MessageRow {
  const { state, wamid, error, failed_at, state_revision } = sendProjection(
    conversation.id,
    progress,
  );
  const { phone, wa_id, user_id, username, profile_name, read_up_to } = conversation;
  const person = { phone, wa_id, user_id, username, profile_name, read_up_to };
  return {
    ...row,
    conversation_id: conversation.id,
    state,
    wamid: row.wamid ?? wamid,
    error,
    failed_at,
    state_revision,
    conversation: { ...row.conversation, ...person },
  };
}

/** The message that the customer got: the fallback where the session window was closed. */
export async function sentInstead(database: Database, row: MessageRow): Promise<MessageRow> {
  if (row.state !== "failed" || row.send_options === null) return row;
  return readOutgoing(row).fallback === undefined
    ? row
    : ((await findFallback(database, row.id)) ?? row);
}
