/**
 * How long Meta keeps a file.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
 */

const DAY_MS = 24 * 60 * 60 * 1000;

/** What customers send. */
export const RECEIVED_LIFE_MS = 7 * DAY_MS;

/** What was uploaded. */
export const UPLOADED_LIFE_MS = 30 * DAY_MS;

/** A copy that goes within a day is not relied on: Meta counts from a moment we don't know exactly. */
export const EXPIRY_MARGIN_MS = DAY_MS;

/** Until when messages may name Meta's copy. */
export function usableUntil({ meta_expires_at }: { meta_expires_at: number }): number {
  return meta_expires_at - EXPIRY_MARGIN_MS;
}

/** From when on Meta can't have a file any more, whatever it says or does not say. */
export function surelyGoneAt({ meta_expires_at }: { meta_expires_at: number }): number {
  return meta_expires_at + EXPIRY_MARGIN_MS;
}
