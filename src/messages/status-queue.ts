/** Statuses into the queue, within its limits. */
import { bytesOf } from "../queue-batches.ts";
import type { MessageStatus } from "./message-status.ts";

/** Cloudflare Queues: 128 KB a message. */
const MESSAGE_BYTES = 120_000;

/** True if a status fits into one queue message. */
export function fitsQueue(status: MessageStatus): boolean {
  return bytesOf(status) <= MESSAGE_BYTES;
}
