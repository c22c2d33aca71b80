/** A request whose idempotency key is used: its answer is that of the key's message. */
import { conversations } from "../conversation/client.ts";
import type { Dispatched } from "../conversation/rpc.ts";
import { DeadlineExceeded, withDeadline } from "../lib/deadline.ts";
import type { Problem } from "../lib/problem.ts";
import { readOutgoing } from "../message/outgoing-message.ts";
import type { Database } from "../store/d1.ts";
import type { KeyHolder } from "../store/idempotency-keys.ts";
import { findMessage } from "../store/find-message.ts";
import type { MessageRow } from "../store/messages.ts";
import { keyReused, unavailable } from "./answers.ts";
import { dispatchOrExplain, outcomeOf, refused, type SendOutcome, sentInstead } from "./outcome.ts";
import type { PreparedSend } from "./prepare.ts";

/** How long a repeated request waits for the first one's outcome. */
const CONCURRENT_WAIT_MS = 10_000;

/** What a repeated request does if its first one never reached the object: it sends, or is refused. */
export type Instead = { prepared: PreparedSend } | { problem: Problem };

/** Answers with the key's message: waits for its outcome, or sends it if its first request never did. */
export async function repeatSend(
  env: Env,
  database: Database,
  holder: KeyHolder,
  requestHash: string,
  instead: Instead,
): Promise<SendOutcome> {
  const { message_id } = holder;
  if (holder.request_hash !== requestHash) return refused(keyReused(message_id));
  let row: MessageRow | null;
  try {
    row = await findMessage(database, message_id);
    if (row !== null && row.state !== "pending") {
      return { kind: "sent", row: await sentInstead(database, row), replayed: true };
    }
  } catch (error) {
    return refused(unavailable("outcome_not_read", message_id, error));
  }
  try {
    return await withDeadline(resume(env, database, holder, row, instead), CONCURRENT_WAIT_MS);
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    const detail = "The first request with this key is still running: repeat this one in a moment.";
    return refused({ code: "idempotency_in_progress", detail, members: { message_id } });
  }
}

/** @param row the row that the Worker inserted without the object: it waits for upkeep */
async function resume(
  env: Env,
  database: Database,
  holder: KeyHolder,
  row: MessageRow | null,
  instead: Instead,
): Promise<SendOutcome> {
  const { message_id: id, created_at: made_at } = holder;
  const conversationId = row?.conversation_id ?? holder.conversation_id;
  const address = "prepared" in instead ? instead.prepared.address : null;
  if (row === null && "problem" in instead) {
    return outcomeAlone(env, database, holder, instead.problem);
  }
  const message =
    row === null && "prepared" in instead
      ? { ...instead.prepared.outgoing, id, made_at }
      : readOutgoing(row ?? { send_options: null });
  const dispatched = await dispatchOrExplain(env, database, conversationId, {
    message,
    address,
    key: null,
  });
  if ("code" in dispatched) return refused(dispatched);
  return dispatched.kind === "sent"
    ? outcomeOf(database, dispatched, true)
    : refused(unavailable("outcome_not_read", id, new Error("the object asked for a key")));
}

/** The outcome of the key's message if the object has it; else why this request is refused. */
async function outcomeAlone(
  env: Env,
  database: Database,
  { message_id, conversation_id }: KeyHolder,
  problem: Problem,
): Promise<SendOutcome> {
  let dispatched: Dispatched;
  try {
    dispatched = await conversations(env).outcomeOf(conversation_id, message_id);
  } catch (error) {
    return refused(unavailable("outcome_not_read", message_id, error));
  }
  return dispatched.kind === "sent" ? outcomeOf(database, dispatched, true) : refused(problem);
}
