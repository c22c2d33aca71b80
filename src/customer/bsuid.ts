/**
 * Business-scoped user ids.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */

/** `CC.` and up to 128 letters and digits; a parent account's has `ENT.` in between. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

/** Whether this is a business-scoped user id, such as `MX.13491208655302741918`. */
export function isBsuid(value: string): boolean {
  return BSUID.test(value);
}
