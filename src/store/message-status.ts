/**
 * A status of an outbound message, as Meta reports it and as the status queue carries it: alone, or packed
 * with others. Dead letters contain a status alone.
 */
import * as v from "valibot";
import { integer } from "../lib/validate.ts";

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

/** The version of a body that contains several statuses. */
export const STATUS_PACK_VERSION = 2;

/** A status in a pack, without what can be read from its payload or stands in the pack. */
export type PackedStatus = {
  payload: string;
  people?: readonly string[];
  /** Where it is not the pack's. */
  phone_number_id?: string;
  /** Where it is not the pack's. */
  received_at?: number;
};

export type StatusPack<Item = PackedStatus> = {
  version: typeof STATUS_PACK_VERSION;
  phone_number_id: string;
  received_at: number;
  request_id?: string;
  statuses: readonly Item[];
};

/** Checks every member: one row that D1 refuses would hold up the whole batch. */
const messageStatusSchema = v.object({
  version: v.literal(STATUS_BODY_VERSION),
  phone_number_id: v.string(),
  wamid: v.string(),
  status: v.string(),
  participant: v.string(),
  at: integer,
  received_at: integer,
  message_id: v.nullable(v.string()),
  payload: v.string(),
  people: v.optional(v.array(v.string())),
  request_id: v.optional(v.string()),
});

/** Whether it is a status alone, in the form of this version. */
export function isMessageStatus(body: unknown): body is MessageStatus {
  return v.is(messageStatusSchema, body);
}

const statusPackSchema = v.object({
  version: v.literal(STATUS_PACK_VERSION),
  phone_number_id: v.string(),
  received_at: integer,
  request_id: v.optional(v.string()),
  statuses: v.array(v.unknown()),
});

/** Whether it is a pack; each of its statuses is still to be checked. */
export function isStatusPack(body: unknown): body is StatusPack<unknown> {
  return v.is(statusPackSchema, body);
}

const packedStatusSchema = v.object({
  payload: v.string(),
  people: v.optional(v.array(v.string())),
  phone_number_id: v.optional(v.string()),
  received_at: v.optional(integer),
});

export function isPackedStatus(item: unknown): item is PackedStatus {
  return v.is(packedStatusSchema, item);
}
