/**
 * Meta's limits and our own, so that a message that Meta would refuse is refused before the call.
 * Characters are Unicode code points.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages and,
 * below it, the page named at each group.
 */
import { DAY_MS, MINUTE_MS } from "../lib/time.ts";

// text-messages
export const TEXT_BODY_MAX_CHARACTERS = 4096;

// image-messages, video-messages, document-messages
export const CAPTION_MAX_CHARACTERS = 1024;

// interactive-reply-buttons-messages, interactive-cta-url-messages, location-request-messages
export const INTERACTIVE_BODY_MAX_CHARACTERS = 1024;
export const HEADER_TEXT_MAX_CHARACTERS = 60;
export const FOOTER_TEXT_MAX_CHARACTERS = 60;

// interactive-reply-buttons-messages
export const REPLY_BUTTONS_MAX_COUNT = 3;
export const REPLY_BUTTON_TITLE_MAX_CHARACTERS = 20;
export const REPLY_BUTTON_ID_MAX_CHARACTERS = 256;

// interactive-list-messages
export const LIST_BODY_MAX_CHARACTERS = 4096;
export const LIST_BUTTON_MAX_CHARACTERS = 20;
export const LIST_SECTIONS_MAX_COUNT = 10;
/** In all sections together. */
export const LIST_ROWS_MAX_COUNT = 10;
export const LIST_SECTION_TITLE_MAX_CHARACTERS = 24;
export const LIST_ROW_ID_MAX_CHARACTERS = 200;
export const LIST_ROW_TITLE_MAX_CHARACTERS = 24;
export const LIST_ROW_DESCRIPTION_MAX_CHARACTERS = 72;

// interactive-cta-url-messages
export const CTA_URL_DISPLAY_TEXT_MAX_CHARACTERS = 20;

// location-messages: degrees, as on any map
export const LATITUDE_MAX_DEGREES = 90;
export const LONGITUDE_MAX_DEGREES = 180;

// contacts-messages
export const CONTACTS_MAX_COUNT = 257;

/**
 * Our own: a content or a fallback, in bytes of JSON. A row in D1 has at most 2 MB and contains each
 * twice, once as a string inside JSON.
 */
export const CONTENT_MAX_BYTES = 131_072;

/** Our own: members of Meta's besides the content, all together, in bytes of JSON. */
export const BESIDE_MAX_BYTES = 16_384;

/** Our own: a reference to another message. */
export const REFERENCE_MAX_CHARACTERS = 1024;

/** Our own: a caller's `metadata` of a message, in bytes of JSON. */
export const METADATA_MAX_BYTES = 4096;

/** Meta's limit for the same member, so that a caller can move between the two. */
export const CALLBACK_DATA_MAX_CHARACTERS = 512;

/** Our own: a later `send_at` is more often a wrong date than a plan. */
export const SEND_AT_MAX_DAYS_AHEAD = 60;
export const SEND_AT_MAX_AHEAD_MS = SEND_AT_MAX_DAYS_AHEAD * DAY_MS;

/** Our own: clocks differ and requests take time; an older `send_at` is a wrong date. */
export const SEND_AT_MAX_PAST_MS = MINUTE_MS;

/** Our own: keys are separate for each token. */
export const IDEMPOTENCY_KEY_MAX_CHARACTERS = 255;

/** Our own: in one batch. */
export const BATCH_MAX_MESSAGES = 500;
