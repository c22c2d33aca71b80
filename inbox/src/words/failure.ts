/** Why a message did not arrive, in words that say what to do. Pure. */
import type { Message } from "../state/views.ts";
import type { Words } from "./es.ts";

export type FailureKind = keyof Words["failures"];

export type FailureAction = "template" | "resend" | "resend_asking" | "diagnose" | null;

/** Our own codes; Meta's numbers are below. */
const BY_CODE: Readonly<Record<string, FailureKind>> = {
  session_window_closed: "window",
  pair_rate_limited: "pace",
  rate_limited: "pace",
  recipient_opted_out: "optedOut",
  template_not_approved: "template",
  template_parameters: "template",
  meta_unauthorized: "account",
  unconfirmed: "unconfirmed",
  expired: "expired",
};

/** Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes */
const BY_META_NUMBER: Readonly<Record<string, FailureKind>> = {
  131047: "window",
  131026: "undeliverable",
  131049: "withheld",
  130472: "withheld",
  131051: "file",
  131053: "file",
  130429: "pace",
  131056: "pace",
  131050: "optedOut",
  131031: "account",
  368: "account",
};

/** Of a reaction: its message is too old, deleted, or itself one. Elsewhere the number says nothing in particular. */
const REFUSED_REACTION = 131_009;

const TEMPLATE_NUMBERS = { first: 132_000, last: 132_016 };

const ACTIONS: Readonly<Record<FailureKind, FailureAction>> = {
  window: "template",
  undeliverable: "resend",
  withheld: null,
  file: null,
  pace: null,
  optedOut: null,
  template: "template",
  reaction: null,
  account: "diagnose",
  unconfirmed: "resend_asking",
  expired: "resend",
  other: "resend",
};

export type Failure = {
  kind: FailureKind;
  action: FailureAction;
  /** Meta's own words, where ours say little. */
  meta: string | null;
};

type Reason = {
  code: string;
  detail: string;
  meta?:
    | { code: number | string | null; message: string; details?: string | null }
    | null
    | undefined;
};

/** Null for a message that neither failed nor waits for a reason. */
export function failureOf({
  direction,
  status,
  error,
  type,
}: Pick<Message, "direction" | "status" | "error" | "type">): Failure | null {
  if (direction === "inbound") return null;
  const isRefusal = type === "reaction" && Number(error?.meta?.code) === REFUSED_REACTION;
  if (status === "failed" && isRefusal) return explain("reaction");
  if (status === "unconfirmed") return explain("unconfirmed");
  if (status === "failed") return explainReason(error ?? { code: "", detail: "" }, true);
  // It waits, and leaves by itself.
  return error === null || isDone(status) ? null : explainReason(error, false);
}

function isDone(status: string): boolean {
  return ["accepted", "sent", "delivered", "read", "played", "canceled"].includes(status);
}

export function explainReason({ code, detail, meta }: Reason, hasFailed: boolean): Failure {
  const number = meta?.code ?? null;
  const kind = kindOf(code, number === null ? null : Number(number));
  const said = meta?.details ?? meta?.message ?? detail;
  const failure = explain(kind);
  return {
    ...failure,
    // What will still leave must not be sent twice; what "leaves by itself" but failed may be.
    action: actionOf(failure, hasFailed),
    meta: kind === "other" && said !== "" ? said : null,
  };
}

function actionOf({ kind, action }: Failure, hasFailed: boolean): FailureAction {
  if (!hasFailed) return null;
  return kind === "pace" ? "resend" : action;
}

function explain(kind: FailureKind): Failure {
  return { kind, action: ACTIONS[kind], meta: null };
}

function kindOf(code: string, number: number | null): FailureKind {
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (number === null) return "other";
  const isTemplate = number >= TEMPLATE_NUMBERS.first && number <= TEMPLATE_NUMBERS.last;
  return isTemplate ? "template" : (BY_META_NUMBER[String(number)] ?? "other");
}
