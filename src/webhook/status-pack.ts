/**
 * Statuses as bodies of the status queue, of which each message costs three operations: up to 100 in one.
 * A status that comes alone travels alone, in the form that older versions read. Pure.
 */
import { objectIn } from "../lib/json.ts";
import { type Sized, sized } from "../lib/queue.ts";
import {
  isMessageStatus,
  isPackedStatus,
  isStatusPack,
  type MessageStatus,
  type PackedStatus,
  STATUS_BODY_VERSION,
  STATUS_PACK_VERSION,
  type StatusPack,
} from "../store/message-status.ts";
import { saidIn } from "./status.ts";

type StatusBody = MessageStatus | StatusPack;

/** As many as fill a message with ordinary statuses, of up to 1 KB each. */
const PACK_MAX = 100;

/** Cloudflare Queues: 128 KB a message. */
const MESSAGE_MAX_BYTES = 120_000;

/**
 * All statuses, in their order, in as few messages as their number asks for. A status larger than a
 * message by itself is too large.
 */
export function packStatuses(statuses: readonly MessageStatus[]): {
  bodies: Sized<StatusBody>[];
  tooLarge: MessageStatus[];
} {
  const bodies: Sized<StatusBody>[] = [];
  const tooLarge: MessageStatus[] = [];
  const pack = (some: readonly MessageStatus[]): void => {
    const [first, ...others] = some;
    if (first === undefined) return;
    const message = sized(others.length === 0 ? first : packOf(first, some));
    if (message.bytes <= MESSAGE_MAX_BYTES) bodies.push(message);
    else if (others.length === 0) tooLarge.push(first);
    else {
      const middle = Math.ceil(some.length / 2);
      pack(some.slice(0, middle));
      pack(some.slice(middle));
    }
  };
  for (let from = 0; from < statuses.length; from += PACK_MAX) {
    pack(statuses.slice(from, from + PACK_MAX));
  }
  return { bodies, tooLarge };
}

/** What a payload says is left out: the size of a body is most of what its way costs. */
function packOf(
  { phone_number_id, received_at }: MessageStatus,
  statuses: readonly MessageStatus[],
): StatusPack {
  return {
    version: STATUS_PACK_VERSION,
    phone_number_id,
    received_at,
    statuses: statuses.map((status): PackedStatus => {
      const { payload, people } = status;
      return {
        payload,
        ...(people === undefined ? {} : { people }),
        ...(status.phone_number_id === phone_number_id
          ? {}
          : { phone_number_id: status.phone_number_id }),
        ...(status.received_at === received_at ? {} : { received_at: status.received_at }),
      };
    }),
  };
}

export type ReadBody = {
  statuses: MessageStatus[];
  /** Bodies that no version up to this one has made; of a pack each holds one of its statuses. */
  unreadable: unknown[];
};

/** The statuses of a body that this version or an earlier one queued. */
export function readStatusBody(body: unknown): ReadBody {
  if (isMessageStatus(body)) return { statuses: [body], unreadable: [] };
  if (!isStatusPack(body)) return { statuses: [], unreadable: [body] };
  const statuses: MessageStatus[] = [];
  const unreadable: unknown[] = [];
  for (const item of body.statuses) {
    const status = isPackedStatus(item) ? unpacked(body, item) : null;
    if (status === null) unreadable.push({ ...body, statuses: [item] });
    else statuses.push(status);
  }
  return { statuses, unreadable };
}

function unpacked(pack: StatusPack<unknown>, item: PackedStatus): MessageStatus | null {
  const { payload, people } = item;
  const { phone_number_id, received_at } = { ...pack, ...item };
  const status = objectIn(payload);
  const said = status && saidIn(status, received_at);
  if (said === null) return null;
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id,
    ...said,
    received_at,
    payload,
    ...(people === undefined ? {} : { people }),
    ...(pack.request_id === undefined ? {} : { request_id: pack.request_id }),
  };
}
