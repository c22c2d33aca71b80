/** Since when a customer waits for an answer: pure. */
import { inboundEffect } from "../../message/inbound-effect.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "../../message/outgoing-message.ts";

/** The members of a conversation's state that only this file changes. */
export type Waiting = {
  /** Since when the customer waits for an answer, by Meta's clock; kept while the conversation is closed. */
  waiting_since: number | null;
  /** The times of what they wrote after that, in order: an echo that arrives late answers only a part. */
  wrote_since: readonly number[];
  /** The time of the newest answer on the business's own phone: what was written before may come after it. */
  answered_at: number;
};

/** What the state of a conversation says of them. */
type State = Waiting & { status: "pending" | "active" | "closed" };

type Wait = Pick<Waiting, "waiting_since" | "wrote_since">;

export const NO_WAIT = { waiting_since: null, wrote_since: [], answered_at: 0 } as const;

/** The state must fit into one row: of a longer list the end stays, so that no wait is lost. */
const WROTE_SINCE_MAX = 20;

/**
 * After a new message. The first unread one since the last answer begins the wait, by Meta's time and in any
 * order of arrival. What the business wrote on its own phone ends it, for all that was written before.
 */
export function waitingAfter(
  state: State,
  message: Pick<InboundMessage, "type" | "direction" | "address" | "at">,
  isUnread: boolean,
): Waiting {
  const { answered_at } = state;
  const { movesLastMessage, reopens } = inboundEffect(message);
  if (message.direction === "outbound") {
    return movesLastMessage && isFreeForm(message)
      ? {
          ...waitFor(timesOf(state).filter((at) => at > message.at)),
          answered_at: Math.max(answered_at, message.at),
        }
      : waitingOf(state);
  }
  // What staff closed needed no answer: the customer begins anew.
  const before = reopens && state.status === "closed" ? [] : timesOf(state);
  const isOpen = isUnread && message.at >= answered_at;
  return { ...waitFor(isOpen ? [...before, message.at] : before), answered_at };
}

/** After Meta took a message of ours: a reaction or a reminder by template is no answer. */
export function waitingAfterSent(state: Waiting, message: Pick<OutgoingMessage, "type">): Waiting {
  const isAnswer = isFreeForm(message) && !isReaction(message);
  return isAnswer ? { ...NO_WAIT, answered_at: state.answered_at } : waitingOf(state);
}

/** Of two conversations that become one: who waits in either still waits, unless the other has the answer. */
export function waitingOfBoth(one: State, other: State): Waiting {
  const answered_at = Math.max(one.answered_at, other.answered_at);
  const times = [one, other].flatMap((each) => (each.status === "closed" ? [] : timesOf(each)));
  return { ...waitFor(times.filter((at) => at >= answered_at)), answered_at };
}

/** Without the messages of these times, which another conversation has. */
export function waitingWithout(state: Waiting, times: readonly number[]): Waiting {
  const left = [...timesOf(state)];
  for (const at of times) {
    const place = left.indexOf(at);
    if (place !== -1) left.splice(place, 1);
  }
  return { ...waitFor(left), answered_at: state.answered_at };
}

/** Nobody waits in a closed conversation; once it is opened again, they wait as before. */
export function waitingShown({ status, waiting_since }: State): number | null {
  return status === "closed" ? null : waiting_since;
}

function waitingOf({ waiting_since, wrote_since, answered_at }: Waiting): Waiting {
  return { waiting_since, wrote_since, answered_at };
}

function timesOf({ waiting_since, wrote_since }: Wait): readonly number[] {
  return waiting_since === null ? [] : [waiting_since, ...wrote_since];
}

function waitFor(times: readonly number[]): Wait {
  const [first = null, ...rest] = times.toSorted((one, other) => one - other);
  const kept = rest.slice(0, WROTE_SINCE_MAX - 1);
  return {
    waiting_since: first,
    wrote_since: rest.length > WROTE_SINCE_MAX ? [...kept, ...rest.slice(-1)] : rest,
  };
}
