/** Statuses into the queue, within its limits. */
import { bytesOf } from "../queues/queue-batches.ts";
import type { MessageStatus } from "./message-status.ts";

/** Cloudflare Queues: 128 KB a message. */
const MESSAGE_BYTES = 120_000;

/** The longest that JSON makes of one character, an escape. */
const BYTES_A_CHARACTER = 6;

/**
 * Of a status this short nobody need write the message to know that it fits: all that Meta told stands in
 * the payload and, at most once more, beside it.
 */
const SURELY_FITS_CHARACTERS = MESSAGE_BYTES / (4 * BYTES_A_CHARACTER);

/** True if a status fits into one queue message. */
export function fitsQueue(status: MessageStatus): boolean {
  const { payload, phone_number_id } = status;
  return (
    payload.length + phone_number_id.length <= SURELY_FITS_CHARACTERS ||
    bytesOf(status) <= MESSAGE_BYTES
  );
}
