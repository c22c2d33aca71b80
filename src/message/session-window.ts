/**
 * The 24 hours after a customer's newest message in which free-form messages may be sent.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import { HOUR_MS } from "../lib/time.ts";

export const SESSION_WINDOW_MS = 24 * HOUR_MS;

/** When the window closes or closed; null if the customer never wrote. */
export function windowExpiresAt(lastCustomerMessageAt: number | null): number | null {
  return lastCustomerMessageAt === null ? null : lastCustomerMessageAt + SESSION_WINDOW_MS;
}

export function isWindowOpen(lastCustomerMessageAt: number | null, now: number): boolean {
  const expiresAt = windowExpiresAt(lastCustomerMessageAt);
  return expiresAt !== null && now < expiresAt;
}
