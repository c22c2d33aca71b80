/**
 * The rules of sending: what to do with the first message of an outbox, what follows from Meta's answer,
 * why Paloma refuses a message, and the body of the call. Pure, so that tests can try every order of
 * events.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import type { BusinessNumber } from "../../business-number/object.ts";
import type { GraphError, GraphErrorClass } from "../../graph/errors.ts";
import { retryDelayMs } from "../../lib/backoff.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectMember,
  parseJson,
} from "../../lib/json.ts";
import { HOUR_MS, SECOND_MS } from "../../lib/time.ts";
import { withoutOwnIds } from "../../message/files.ts";
import {
  type Dial,
  isFreeForm,
  type OutgoingMessage,
  type SendError,
  type SendReport,
} from "../../message/outgoing-message.ts";
import { isWindowOpen, windowExpiresAt } from "../../message/session-window.ts";
import type { ClaimedKey, KeyClaim, KeyHolder } from "../../store/idempotency-keys.ts";
import { nextSendAt } from "../state/pair-rate.ts";
import type { ConversationState } from "../state/state.ts";
import type { QueuedMessage } from "../tables/outbox-table.ts";

type NextStep =
  | { kind: "call" }
  | { kind: "wait"; until: number; reason: "back_off" | "pair_rate" }
  | { kind: "refuse"; reason: "expired" | "window_closed" | "pair_rate" };

export function nextStep(
  { message, due_at }: QueuedMessage,
  state: ConversationState,
  now: number,
): NextStep {
  if (now >= message.expires_at) return { kind: "refuse", reason: "expired" };
  if (due_at > now) return { kind: "wait", until: due_at, reason: "back_off" };
  if (
    isFreeForm(message) &&
    message.window === "ours" &&
    // A group has no session window.
    state.address.kind !== "group" &&
    !isWindowOpen(state.last_customer_message_at, now)
  ) {
    return { kind: "refuse", reason: "window_closed" };
  }
  const paceAllowsAt = nextSendAt(state.pair_rate_at);
  if (paceAllowsAt <= now) return { kind: "call" };
  return message.wait
    ? { kind: "wait", until: paceAllowsAt, reason: "pair_rate" }
    : { kind: "refuse", reason: "pair_rate" };
}

export type SendAnswer =
  | { ok: true; value: { wamid: string; wa_id: string | null; user_id: string | null } }
  | { ok: false; error: GraphError; class: GraphErrorClass };

type AfterCall =
  | { kind: "finish"; report: SendReport }
  /** The message keeps its place: Meta would refuse those behind it as well. */
  | { kind: "postpone"; dueAt: number; report: SendReport }
  /** The message gives up its place: only this one must wait. */
  | { kind: "defer"; dueAt: number; report: SendReport };

/** Meta's ecosystem limit (131049): "not before 24 hours have passed". */
const ECOSYSTEM_PAUSE_MS = 24 * HOUR_MS;

/** The shortest wait until a send checks whether the operator has acted; half as long again at most. */
const OPERATOR_PAUSE_MS = 30 * SECOND_MS;

/** Meta's error for the pair rate, the limit per customer; other rate limits concern the whole number. */
const PAIR_RATE_CODE = 131056;

export function afterCall(
  answer: SendAnswer,
  { message, attempts }: Pick<QueuedMessage, "message" | "attempts">,
  now: number,
  random: number,
): AfterCall {
  if (answer.ok) {
    return { kind: "finish", report: { state: "accepted", wamid: answer.value.wamid, at: now } };
  }
  const { error } = answer;
  const failed = (reason: SendError): AfterCall => ({
    kind: "finish",
    report: { state: "failed", error: reason, at: now },
  });
  switch (answer.class) {
    case "retry": {
      const dueAt = now + retryDelayMs(attempts, error.retry_after_seconds, random);
      const reason = sendError(isPairRate(error) ? "pair_rate_limited" : "rate_limited", error);
      return message.wait
        ? { kind: "postpone", dueAt, report: { state: "queued", error: reason } }
        : failed({ ...reason, retry_at: dueAt });
    }
    case "operator":
      return {
        kind: "postpone",
        dueAt: operatorPauseEndsAt(now, random),
        report: blockedReport(error),
      };
    case "later": {
      const dueAt = now + ECOSYSTEM_PAUSE_MS;
      // The caller can still do something else now.
      if (dueAt >= message.expires_at) return failed(sendError("rejected_by_meta", error));
      const report: SendReport = { state: "queued", error: sendError("rate_limited", error) };
      return { kind: "defer", dueAt, report };
    }
    case "ambiguous":
      return {
        kind: "finish",
        report: { state: "unconfirmed", error: sendError("meta_unavailable", error), at: now },
      };
    case "permanent":
    // The caller can judge the reason now; another try would hold up all messages behind it.
    case "unknown":
      return failed(sendError("rejected_by_meta", error));
  }
}

export function isPairRate({ code }: GraphError): boolean {
  return code === PAIR_RATE_CODE;
}

/** When to check again whether the operator has acted; random, so that not all check at once. */
export function operatorPauseEndsAt(now: number, random: number): number {
  return now + Math.round(OPERATOR_PAUSE_MS * (1 + random / 2));
}

/** The report of a message that waits until the operator has acted. */
export function blockedReport(error: GraphError): SendReport {
  return { state: "queued", error: sendError("meta_unauthorized", error) };
}

function sendError(code: string, error: GraphError): SendError {
  const { message, details, fbtrace_id } = error;
  return {
    code,
    detail: details ?? message,
    meta: { code: error.code, message, details, fbtrace_id },
  };
}

export type RefusalReason = "expired" | "window_closed" | "pair_rate" | "number_rate";

/**
 * Why Paloma itself refuses a message, in words for the caller.
 *
 * @param retryAt when the pace has room again, if that is the reason
 */
export function refusal(
  reason: RefusalReason,
  message: OutgoingMessage,
  state: ConversationState,
  retryAt: number | null,
): SendError {
  const retry = retryAt === null ? {} : { retry_at: retryAt };
  switch (reason) {
    case "expired":
      return {
        code: "expired",
        detail: "Its expires_at passed before it could be sent: send it again if it still matters.",
      };
    case "window_closed": {
      const expiredAt = windowExpiresAt(state.last_customer_message_at);
      const why =
        expiredAt === null
          ? "The customer never wrote to this number, and only a template may come first"
          : "More than 24 hours have passed since the customer's last message";
      const remedy =
        message.fallback === undefined
          ? "send a template instead."
          : "its fallback is sent instead.";
      return {
        code: "session_window_closed",
        detail: `${why}: ${remedy}`,
        window_expired_at: expiredAt,
      };
    }
    case "pair_rate":
      return {
        code: "pair_rate_limited",
        detail:
          "Meta takes one message per 6 seconds to one customer: send it later, or let it wait.",
        ...retry,
      };
    case "number_rate":
      return {
        code: "rate_limited",
        detail:
          'The business number sends as fast as Meta allows: send it again later, or leave "wait" out and it is queued.',
        ...retry,
      };
  }
}

/** Which pace a message waits for, by its report; null if it waits for something else. */
export function paceReason(
  report: SendReport | undefined,
  state: ConversationState,
  now: number,
): RefusalReason | null {
  if (nextSendAt(state.pair_rate_at) > now) return "pair_rate";
  const code = report?.state === "queued" ? report.error?.code : undefined;
  switch (code) {
    case "pair_rate_limited":
      return "pair_rate";
    case undefined:
    case "rate_limited":
      return "number_rate";
    default:
      return null;
  }
}

/**
 * The body of the call. `biz_opaque_callback_data` carries the message's own id: if Meta's answer is lost,
 * only the id in the statuses identifies the send.
 */
export function graphMessage(message: OutgoingMessage, state: ConversationState): JsonObject {
  const beside = besideOf(message);
  return {
    ...beside,
    messaging_product: "whatsapp",
    ...recipientMembers(message.dial ?? dialOf(state)),
    ...(message.reply_to === null
      ? {}
      : { context: { ...objectMember(beside, "context"), message_id: message.reply_to } }),
    type: message.type,
    [message.type]: contentOf(message),
    biz_opaque_callback_data: message.id,
  };
}

function besideOf({ beside }: OutgoingMessage): JsonObject {
  const members = parseJson(beside ?? "{}");
  return isJsonObject(members) ? members : {};
}

function contentOf(message: OutgoingMessage): JsonValue {
  const content: JsonValue = parseJson(message.content);
  return message.files === undefined ? content : withoutOwnIds(message.type, content);
}

/** The recipient of the conversation: the phone as Meta spells it, otherwise the BSUID. */
function dialOf(state: ConversationState): Dial {
  const { address, person } = state;
  switch (address.kind) {
    case "phone":
      return { to: `+${(person.wa_id?.value ?? address.phone).replace(/^\+/, "")}` };
    case "user":
      return { recipient: person.user_id?.value ?? address.user_id };
    case "group":
      return { group: address.group_id };
  }
}

function recipientMembers(dial: Dial): JsonObject {
  if ("group" in dial) return { recipient_type: "group", to: dial.group };
  return { recipient_type: "individual", ...dial };
}

export type FilesRenewal =
  | { kind: "renewed"; message: OutgoingMessage }
  | { kind: "postpone"; dueAt: number; error: SendError }
  | { kind: "fail"; error: SendError };

export type RenewFiles = (message: OutgoingMessage) => Promise<FilesRenewal>;

/** Whether Meta's copy of a file may have expired. */
export function hasExpiredFile({ files = [] }: OutgoingMessage, now: number): boolean {
  return files.some(({ usable_until }) => usable_until <= now);
}

export type CallMeta = (phoneNumberId: string, body: JsonObject) => Promise<SendAnswer>;

/** What sending needs from outside of the object; `send-ports.ts` implements it, tests may replace it. */
export type SenderPorts = {
  callMeta: CallMeta;
  /** Uploads files again whose copies at Meta have expired. */
  renewFiles: RenewFiles;
  /** The object that grants slots to a business number. */
  numberOf: (phoneNumberId: string) => DurableObjectStub<BusinessNumber>;
  /** Asks D1 whose an idempotency key is; a free one becomes this message's. */
  claimKey: (claim: KeyClaim) => Promise<ClaimedKey>;
  /** The message that a key stands for; null if it is free. */
  findKey: (key: Pick<KeyClaim, "sent_by" | "key" | "created_at">) => Promise<KeyHolder | null>;
  /** Writes the row of a fallback to D1; false if the original message has another fallback. */
  claimFallback: (message: OutgoingMessage) => Promise<boolean>;
};
