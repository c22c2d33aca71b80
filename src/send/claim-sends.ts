/** Gives messages their rows in D1, each with an id greater than all others of its conversation. */
import { outboundMessageId } from "../lib/ids.ts";
import type { Problem } from "../lib/problem.ts";
import type { Database } from "../store/d1.ts";
import { claimMessages, type MessageRow, newestMessageIds } from "../store/messages.ts";
import { NOTHING_SENT, unavailable, whyNotClaimed } from "./answers.ts";
import type { PreparedSend } from "./prepare.ts";

/** A send under its final id, and its row or the reason why it has none. */
type ClaimedSend = { send: PreparedSend; claim: MessageRow | Problem };

/**
 * Claims each of them, in their order. Lists sort by id, and Meta's clock may be ahead of ours: where
 * the conversation has a greater id already, the message is claimed again under an id after that one,
 * so that an answer sorts after what it answers.
 */
export async function claimSends(
  database: Database,
  prepared: readonly PreparedSend[],
): Promise<ClaimedSend[]> {
  const claimed = prepared.map((send): ClaimedSend => ({ send, claim: NOTHING_SENT }));
  let open = claimed;
  try {
    while (open.length > 0) {
      const rows = await claimMessages(
        database,
        open.map(({ send }) => send.claim),
      );
      const refused: ClaimedSend[] = [];
      for (const [place, each] of open.entries()) {
        const row = rows[place] ?? null;
        if (row === null) refused.push(each);
        else each.claim = row;
      }
      open = await moveAfterNewest(database, refused);
    }
    const erased = claimed.filter(({ claim }) => claim === NOTHING_SENT);
    for (const each of erased) each.claim = await whyNotClaimed(database, each.send.claim);
  } catch (error) {
    const [first] = open.length === 1 ? open : [];
    const problem = unavailable("claim_unknown", first?.send.outgoing.id ?? null, error);
    for (const each of open) {
      each.claim = { ...problem, members: { message_id: each.send.outgoing.id } };
    }
  }
  return claimed;
}

/** Moves refused claims after their conversation's newest id; the others were refused for an erasure. */
async function moveAfterNewest(
  database: Database,
  refused: readonly ClaimedSend[],
): Promise<ClaimedSend[]> {
  if (refused.length === 0) return [];
  const newest = await newestMessageIds(
    database,
    refused.map(({ send }) => send.claim),
  );
  return refused.filter((each) => {
    const { conversation_id } = each.send.claim.message;
    const newestId = newest.get(conversation_id) ?? "";
    if (newestId < each.send.outgoing.id) return false;
    each.send = movedAfter(each.send, newestId);
    newest.set(conversation_id, each.send.outgoing.id);
    return true;
  });
}

function movedAfter({ outgoing, claim, address }: PreparedSend, newestId: string): PreparedSend {
  const made_at = claim.message.created_at;
  const moved = { ...outgoing, id: outboundMessageId(made_at, newestId), made_at };
  const message = { ...claim.message, id: moved.id, send_options: JSON.stringify(moved) };
  return { outgoing: moved, claim: { ...claim, message }, address };
}
