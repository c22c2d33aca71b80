/** What Meta's status of a template means for sending it. */

/**
 * Statuses under which Meta refuses a template, and what to do. All others may be sent: APPROVED,
 * FLAGGED (complaints, not paused yet), REINSTATED, UNARCHIVED, LOCKED (against editing), and those
 * nobody knows, which are Meta's to judge.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
 */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["PENDING", "wait until Meta has reviewed it"],
  ["IN_APPEAL", "wait until Meta has reviewed it again"],
  ["REJECTED", "correct it in WhatsApp Manager, which submits it again"],
  ["PAUSED", "wait until Meta resumes it, and send it less, for customers complained"],
  ["DISABLED", "use another template, for customers complained and Meta stopped this one for good"],
  ["ARCHIVED", "unarchive it in WhatsApp Manager"],
  ["PENDING_DELETION", "use another template"],
  ["DELETED", "submit it under another name, for Meta blocks this one for 30 days"],
]);

/** Meta writes it where there is no reason. */
const NO_REASON = "NONE";

/** Why Meta would refuse a template of this status, and what to do; null where it would not. */
export function notApprovedReason(status: string | null, reason: string | null): string | null {
  const remedy = REMEDIES.get(status ?? "");
  if (remedy === undefined) return null;
  const because = reason === null || reason.toUpperCase() === NO_REASON ? "" : ` (${reason})`;
  return `is ${status}${because} at Meta: ${remedy}. If that has changed, POST /v1/templates/sync`;
}
