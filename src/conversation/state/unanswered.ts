/** Since when a customer waits for an answer: pure. */
import { tailOf } from "../../lib/ids.ts";
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
  /** The times of what our last answers answered: Meta may still fail all of them. */
  answered: readonly number[];
  /** Those answers, by the tails of their ids. */
  answered_by: readonly string[];
};

/** What the state of a conversation says of them. */
type State = Waiting & { status: "pending" | "active" | "closed" };

type Wait = Pick<Waiting, "waiting_since" | "wrote_since">;

export const NO_WAIT = {
  waiting_since: null,
  wrote_since: [],
  answered_at: 0,
  answered: [],
  answered_by: [],
} as const;

/** The state must fit into one row: of a longer list the end stays, so that no wait is lost. */
const WROTE_SINCE_MAX = 20;

/** So many answers are more than one text in lines: if Meta fails the last of them, the customer waits again. */
const ANSWERED_BY_MAX = 4;

/**
 * After a new message. The first unread one since the last answer begins the wait, by Meta's time and in any
 * order of arrival. What the business wrote on its own phone ends it, for all that was written before.
 */
export function waitingAfter(
  state: State,
  message: Pick<InboundMessage, "type" | "direction" | "address" | "at">,
  isUnread: boolean,
): Partial<Waiting> {
  const { answered_at, answered } = state;
  const { movesLastMessage, reopens } = inboundEffect(message);
  if (message.direction === "outbound") {
    if (!movesLastMessage || !isFreeForm(message)) return {};
    const isLater = (at: number): boolean => at > message.at;
    return {
      ...waitFor(timesOf(state).filter(isLater)),
      answered_at: Math.max(answered_at, message.at),
      answered: answered.filter(isLater),
    };
  }
  // What staff closed needed no answer: the customer begins anew.
  const isAnew = reopens && state.status === "closed";
  const before = isAnew ? [] : timesOf(state);
  const isOpen = isUnread && message.at >= answered_at;
  return {
    ...waitFor(isOpen ? [...before, message.at] : before),
    answered: isAnew ? [] : answered,
  };
}

/** After Meta took a message of ours: a reaction or a reminder by template is no answer. */
export function waitingAfterSent(
  state: Waiting,
  message: Pick<OutgoingMessage, "id" | "type">,
): Partial<Waiting> {
  if (!isFreeForm(message) || isReaction(message)) return {};
  const ended = timesOf(state);
  const isFirst = ended.length > 0;
  return {
    ...waitFor([]),
    answered: isFirst ? ended : state.answered,
    answered_by: [...(isFirst ? [] : state.answered_by), tailOf(message.id)].slice(
      -ANSWERED_BY_MAX,
    ),
  };
}

/** After Meta failed a message of ours: without another answer, the customer waits as before. */
export function waitingAfterFailed(state: Waiting, messageId: string): Partial<Waiting> {
  const answered_by = state.answered_by.filter((tail) => tail !== tailOf(messageId));
  return answered_by.length > 0
    ? { answered_by }
    : { ...waitFor([...state.answered, ...timesOf(state)]), answered: [], answered_by };
}

/** Of two conversations that become one: who waits in either still waits, unless the other has the answer. */
export function waitingOfBoth(one: State, other: State): Waiting {
  const answered_at = Math.max(one.answered_at, other.answered_at);
  const times = [one, other].flatMap((each) => (each.status === "closed" ? [] : timesOf(each)));
  return {
    ...waitFor(times.filter((at) => at >= answered_at)),
    answered_at,
    answered: [...one.answered, ...other.answered].slice(-WROTE_SINCE_MAX),
    answered_by: [...one.answered_by, ...other.answered_by].slice(-ANSWERED_BY_MAX),
  };
}

/** Without the messages of these times, which another conversation has. */
export function waitingWithout(state: Waiting, times: readonly number[]): Partial<Waiting> {
  const left = [...timesOf(state)];
  for (const at of times) {
    const place = left.indexOf(at);
    if (place !== -1) left.splice(place, 1);
  }
  return waitFor(left);
}

/** Nobody waits in a closed conversation; once it is opened again, they wait as before. */
export function waitingShown({ status, waiting_since }: State): number | null {
  return status === "closed" ? null : waiting_since;
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
