/** Whom Meta's answer to a send says that it reached: pure. */
import { namedPair } from "../customer/named-address.ts";
import { withIdentity, type ConversationState } from "./conversation-state.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { toldBy } from "./told-identity.ts";
import { whoseIdentity } from "./whose-identity.ts";

/** `contacts[0]` of Meta's answer. */
export type AnsweredContact = { wa_id: string | null; user_id: string | null };

/**
 * The state once it is known whom a send reached. What contradicts all that is known waits for a status
 * or a message that says the same with Meta's own time.
 */
export function withAnswered(
  state: ConversationState,
  { dial }: Pick<OutgoingMessage, "dial">,
  answered: AnsweredContact | null,
  at: number,
): ConversationState {
  if (answered === null || state.address.kind === "group") return state;
  const { wa_id, user_id } = namedPair(answered.wa_id, answered.user_id);
  const told = { ...toldBy([wa_id, user_id, dialledIn(dial)], at), wa_id };
  return whoseIdentity(state, told).kind === "ours" ? withIdentity(state, told) : state;
}

function dialledIn(dial: OutgoingMessage["dial"]): string | null {
  if (dial === null || "group" in dial) return null;
  return "to" in dial ? dial.to.replace(/^\+/, "") : dial.recipient;
}
