import type { SeededRandom } from "./seeded-random.ts";

/** Makes the ids that Meta gives out, in Meta's own look. */
export interface Identifiers {
  /** Message id; `address` is the wa_id or BSUID it belongs to. */
  wamid(address: string): string;
  /** Call id. */
  wacid(): string;
  /** Numeric object id, as media, templates and conversations have. */
  objectId(): string;
  conversationId(): string;
  fbtraceId(): string;
  /** Unguessable part of a media URL. */
  mediaHash(): string;
}

const DECIMAL_DIGITS = "0123456789";
const NONZERO_DIGITS = "123456789";
const HEXADECIMAL_DIGITS = "0123456789abcdef";
const TRACE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

const OBJECT_ID_TAIL_LENGTH = 14;
const CONVERSATION_ID_LENGTH = 30;
const MESSAGE_KEY_LENGTH = 20;
const CALL_KEY_LENGTH = 32;
const TRACE_ID_LENGTH = 22;
const MEDIA_HASH_LENGTH = 40;

export function identifiers(random: SeededRandom): Identifiers {
  const number = (tailLength: number): string =>
    random.characters(NONZERO_DIGITS, 1) + random.characters(DECIMAL_DIGITS, tailLength);
  const messageKey = (length: number): string =>
    random.characters(HEXADECIMAL_DIGITS, length).toUpperCase();

  return {
    // Meta's wamid is base64 of a small record: address, direction, message key.
    wamid: (address) =>
      `wamid.${btoa(`\x1c\x18${String.fromCharCode(address.length)}${address}\x15\x02\0\x11\x18\x14${messageKey(MESSAGE_KEY_LENGTH)}\0`)}`,
    wacid: () => `wacid.${btoa(messageKey(CALL_KEY_LENGTH))}`,
    objectId: () => number(OBJECT_ID_TAIL_LENGTH),
    conversationId: () => random.characters(HEXADECIMAL_DIGITS, CONVERSATION_ID_LENGTH),
    fbtraceId: () => `A${random.characters(TRACE_ALPHABET, TRACE_ID_LENGTH)}`,
    mediaHash: () => random.characters(TRACE_ALPHABET, MEDIA_HASH_LENGTH),
  };
}
