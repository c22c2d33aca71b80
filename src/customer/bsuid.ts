/**
 * Business-scoped user ids.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */

/** `CC.` and up to 128 letters and digits; a parent account's has `ENT.` in between. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

const PARENT_BSUID = /^[A-Z]{2}\.ENT\./;

/** Whether this is a business-scoped user id, such as `MX.13491208655302741918`. */
export function isBsuid(value: string): boolean {
  return BSUID.test(value);
}

/** Whether a BSUID is a parent account's: a person has it beside one of the account's own. */
export function isParentBsuid(userId: string): boolean {
  return PARENT_BSUID.test(userId);
}
