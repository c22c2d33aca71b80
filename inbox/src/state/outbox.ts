/**
 * What staff wrote and the server does not have yet. An entry keeps one idempotency key for as long as it is
 * tried, so that it arrives once; it ends only with the server's word on it. Pure.
 */
import type { Answer, Problem } from "../link/api.ts";
import { isColleagues } from "./answers.ts";
import type { Message } from "./views.ts";

type JsonObject = { readonly [name: string]: unknown };

export type Entry = {
  /** The idempotency key, and the name by which the message is recognised. */
  readonly key: string;
  readonly conversation_id: string;
  readonly request:
    | { readonly kind: "message"; readonly body: JsonObject }
    | { readonly kind: "resend"; readonly message_id: string };
  /** What the bubble shows until the server answers. */
  readonly text: string;
  /** Milliseconds; grows from one entry to the next, and so is their order. */
  readonly written_at: number;
  /** Somebody confirmed that it should leave although it was written long ago. */
  readonly confirmed: boolean;
  readonly state:
    | { readonly kind: "waiting" }
    /** A colleague answered while it waited. */
    | { readonly kind: "overtaken"; readonly by: string | null }
    | { readonly kind: "refused"; readonly problem: Problem };
};

/** Meta's clock closed the window before ours did. */
const WINDOW_CLOSED_AT_META = 131_047;

/** What was written for this moment may be wrong in a later one. */
const STALE_MS = 10 * 60_000;

/** The API promises 48 hours; an hour less, whatever the clocks say. */
const KEY_LIFE_MS = 47 * 3_600_000;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/** Refusals that pass by themselves: the same request may succeed later. */
const PASSING = new Set([
  "idempotency_in_progress",
  "rate_limited",
  "unavailable",
  "internal",
  "not_configured",
]);

/** They may name a message that the server has not taken: only the same key tells. */
const UNDECIDED = new Set(["unavailable", "idempotency_in_progress"]);

/** What stands before the server may say so in words of its own. */
const TOO_MANY = 429;

/** From here on the server itself is in trouble. */
const FIRST_SERVER_ERROR = 500;

export type Outcome =
  /** The server has it; `message` is absent where only its id is known. */
  | { kind: "done"; message: Message | null; message_id: string | null; windowClosed: boolean }
  | { kind: "again"; afterMs: number }
  | { kind: "refused"; problem: Problem }
  /** Its author must say whether it should still leave. */
  | { kind: "held" }
  | { kind: "signed_out" };

/** An entry that has waited so long that its author must say whether it should still leave. */
export function isHeld(entry: Entry, now: number): boolean {
  const { state, confirmed, written_at } = entry;
  if (state.kind !== "waiting") return false;
  return isForgotten(entry, now) || (!confirmed && now - written_at > STALE_MS);
}

/** The server may no longer know whether it took this key: sent under it, the text could arrive twice. */
export function isForgotten({ written_at }: Entry, now: number): boolean {
  return now - written_at > KEY_LIFE_MS;
}

/** A message that leaves at once crosses the others'; one that has waited may come too late. */
const OVERTAKEN_AFTER_MS = 10_000;

type Answered = Pick<Message, "direction" | "sent_by" | "type" | "status" | "created_at">;

/** Whether a colleague's answer would count: it has waited, and its author has not said that it should leave. */
export function mayBeOvertaken(entry: Entry, now: number): boolean {
  return !entry.confirmed && hasBubble(entry) && now - entry.written_at >= OVERTAKEN_AFTER_MS;
}

/**
 * The answer of a colleague that came while the entry waited; null if there is none, or if its author wants it
 * to leave all the same.
 *
 * @param aheadMs how far the server's clock is ahead of this device's
 */
export function overtaking<Sent extends Answered>(
  entry: Entry,
  messages: readonly Sent[],
  own: string,
  { now, aheadMs }: { now: number; aheadMs: number },
): Sent | null {
  if (!mayBeOvertaken(entry, now)) return null;
  const isLater = ({ created_at: at }: Sent) => Date.parse(at) > entry.written_at + aheadMs;
  return messages.find((message) => isColleagues(message, own) && isLater(message)) ?? null;
}

/** Whether it is a message of its own: a reaction shows at the one that it is about, and so does a repetition. */
export function hasBubble({ request }: Entry): boolean {
  return request.kind === "message" && request.body["type"] !== "reaction";
}

/** Whether its text can be written anew: a template's text is not its author's. */
export function isText({ request }: Entry): boolean {
  return request.kind === "message" && request.body["type"] === "text";
}

/** The next entry of a conversation to send: they leave in the order in which they were written. */
export function nextToSend(
  entries: readonly Entry[],
  conversationId: string,
  now: number,
): Entry | null {
  const ready = entries.filter(
    (entry) =>
      entry.conversation_id === conversationId &&
      entry.state.kind === "waiting" &&
      !isHeld(entry, now),
  );
  return ready.toSorted((one, other) => one.written_at - other.written_at)[0] ?? null;
}

/** A time for a new entry, after those of all others. */
export function timeAfter(entries: readonly Entry[], now: number): number {
  return Math.max(now, ...entries.map(({ written_at: at }) => at + 1));
}

/** What an answer means for the entry that was sent. */
export function outcomeOf(
  answer: Answer<Message> | { kind: "unreachable" } | { kind: "signed_out" },
  failures: number,
): Outcome {
  switch (answer.kind) {
    case "ok":
      return {
        kind: "done",
        message: answer.body,
        message_id: answer.body.id,
        windowClosed: false,
      };
    case "unreachable":
      return { kind: "again", afterMs: retryMs(failures) };
    case "signed_out":
      return { kind: "signed_out" };
    case "refused":
      return refusal(answer.problem, answer.retryAfterMs, failures);
  }
}

function refusal(problem: Problem, retryAfterMs: number | null, failures: number): Outcome {
  // The message exists and has failed: the same key would only repeat the refusal.
  if (problem.message_id !== undefined && !UNDECIDED.has(problem.code)) {
    return {
      kind: "done",
      message: null,
      message_id: problem.message_id,
      windowClosed:
        problem.code === "session_window_closed" ||
        problem.meta_error?.code === WINDOW_CLOSED_AT_META,
    };
  }
  const isPassing = PASSING.has(problem.code) || problem.status === TOO_MANY;
  if (isPassing || problem.status >= FIRST_SERVER_ERROR) {
    return { kind: "again", afterMs: Math.max(retryAfterMs ?? 0, retryMs(failures)) };
  }
  return { kind: "refused", problem };
}

/** Doubles from one failure to the next. */
function retryMs(failures: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
}

/** Whether the server shows this entry as a message already. */
export function isShownBy(entry: Entry, message: Message): boolean {
  return entry.request.kind === "message"
    ? message.metadata?.["inbox"] === entry.key && message.resend_of === null
    : message.resend_of === entry.request.message_id &&
        Date.parse(message.created_at) >= entry.written_at;
}
