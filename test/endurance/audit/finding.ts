/** What an audit can find wrong; each stands in the summary, found or not. */
export const FINDING_KINDS = {
  unacknowledged: "a message or status that Meta gave up on",
  lost: "an acknowledged message that is not stored",
  altered: "a message with another text, time or conversation",
  duplicate: "a message stored twice",
  invented: "a stored message that nobody wrote",
  split: "two conversations of one customer with one number",
  unread: "a wrong unread count",
  window: "a wrong session window",
  refused: "a send refused without need",
  send_lost: "an answered send that is not stored",
  row_lost: "a message at Meta that is not stored",
  double_send: "one key, two messages at Meta",
  untrue_send: "a send whose status is not true at Meta",
  unsettled_send: "a send that still waits",
  status_lost: "an acknowledged status that its message does not have",
  status_wrong: "a status that does not follow from those recorded",
  page: "an open page of the inbox that shows something else than one loaded now",
} as const;

export type FindingKind = keyof typeof FINDING_KINDS;

export type Finding = { kind: FindingKind; detail: string };

export function finding(kind: FindingKind, detail: string): Finding {
  return { kind, detail };
}
