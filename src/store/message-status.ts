/** Grows when the shape changes; a consumer reads every version ever sent. */
export const STATUS_BODY_VERSION = 1;

export type MessageStatus = {
  version: typeof STATUS_BODY_VERSION;
  phone_number_id: string;
  wamid: string;
  /** sent, delivered, read, played, failed, or whatever comes next. */
  status: string;
  /** The group member it speaks of; empty for an individual. */
  participant: string;
  /** Milliseconds, by Meta's clock. */
  at: number;
  received_at: number;
  /** Our message id, handed to Meta with the send as `biz_opaque_callback_data`. */
  message_id: string | null;
  /** Meta's status object, whole, as JSON text. */
  payload: string;
  /** Phones and BSUIDs of the one it went to, or of the group member, as Meta spells them. */
  people?: readonly string[];
  /** The webhook it came with. */
  request_id?: string;
};

/** A status, and the ids under which the people whom it names would have been erased. */
export type StatusToRecord = MessageStatus & {
  erasure_ids?: readonly string[];
  /** The addresses of whom it went to: canonical phones and BSUIDs. */
  addresses?: readonly string[];
};
