/**
 * A status of an outbound message, as Meta reports it and as the queue carries it.
 */

/** Grows when the shape changes; the consumer reads every version ever sent. */
export const STATUS_BODY_VERSION = 1;

export type MessageStatus = {
  version: typeof STATUS_BODY_VERSION;
  phone_number_id: string;
  wamid: string;
  /** sent, delivered, read, played, failed, or a future value. */
  status: string;
  /** The group member of the status; empty for an individual. */
  participant: string;
  /** Milliseconds, by Meta's clock. */
  at: number;
  received_at: number;
  /** Our message id, which the send gave to Meta as `biz_opaque_callback_data`. */
  message_id: string | null;
  /** Meta's status object, whole, as JSON text. */
  payload: string;
  /** Phones and BSUIDs of the recipient, or of the group member, in Meta's spelling. */
  people?: readonly string[];
  /** The id of the webhook request. */
  request_id?: string;
};

/** A status, and the ids that record an erasure of the people in it. */
export type StatusToRecord = MessageStatus & {
  erasure_ids?: readonly string[];
  /** The recipient's addresses: canonical phones and BSUIDs. */
  addresses?: readonly string[];
};
