import * as v from "valibot";
import { MESSAGE_STATUS_NAMES } from "../webhooks/message-status-name.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const milliseconds = v.pipe(v.number(), v.minValue(0));

/** One kind of trouble that a call, or a webhook, can be given. */
export const effectSchema = v.variant("kind", [
  /** Waits before anything else; on the route `webhook`, delivers so much later. */
  v.strictObject({ kind: v.literal("delay"), milliseconds }),
  /** A bare HTTP error, before the call did anything or after it took effect. */
  v.strictObject({
    kind: v.literal("http_error"),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    when: v.picklist(["before", "after"]),
    retryAfterSeconds: v.optional(v.number()),
    /** What a server before Meta's own may answer, such as a page of a CDN's; else nothing. */
    html: v.optional(v.string()),
  }),
  /** One of Meta's errors instead of the call's effect. */
  v.strictObject({
    kind: v.literal("graph_error"),
    code: v.number(),
    subcode: v.optional(v.number()),
    httpStatus: v.optional(v.number()),
    details: v.optional(v.string()),
    retryAfterSeconds: v.optional(v.number()),
    isTransient: v.optional(v.boolean()),
  }),
  /** The connection breaks: the call took effect ("after") or not ("before"). */
  v.strictObject({ kind: v.literal("lost_connection"), when: v.picklist(["before", "after"]) }),
  /** A media lookup gives an address that has expired already, or one that is not Meta's. */
  v.strictObject({ kind: v.literal("expired_url") }),
  v.strictObject({ kind: v.literal("foreign_host") }),
  /** A media download gives as many other bytes, or breaks off halfway. */
  v.strictObject({ kind: v.literal("wrong_bytes") }),
  v.strictObject({ kind: v.literal("cut_off") }),
  /** Accepted and `sent`, then `failed` with this code. */
  v.strictObject({ kind: v.literal("fail_later"), code: v.number() }),
  /** These statuses instead of the automatic ones, in this order; none at all if empty. */
  v.strictObject({
    kind: v.literal("statuses"),
    statuses: v.array(v.picklist(MESSAGE_STATUS_NAMES)),
  }),
  /** The first status webhook is delivered before the send is answered. */
  v.strictObject({ kind: v.literal("status_before_answer") }),
  /** Each status webhook of the message (or, on the route `webhook`, each one) comes so many times. */
  v.strictObject({ kind: v.literal("duplicate_webhooks"), copies: count }),
]);

export type Effect = v.InferOutput<typeof effectSchema>;

export const effectsSchema = v.array(effectSchema);
