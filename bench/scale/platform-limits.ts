/** What Cloudflare and Meta allow, as far as it bounds how much one deployment can carry. */

/** https://developers.cloudflare.com/queues/platform/limits/ */
export const QUEUE_MESSAGES_PER_SECOND = 5000;

/** https://developers.cloudflare.com/durable-objects/platform/limits/ (a soft limit) */
export const OBJECT_REQUESTS_PER_SECOND = 1000;

/** https://developers.cloudflare.com/d1/platform/limits/ */
export const D1_BYTES = 10e9;

/** https://developers.cloudflare.com/workers/platform/limits/ */
export const SUBREQUESTS = 10_000;

/** Meta batches up to this many in one webhook body. */
export const UPDATES_PER_BODY = 1000;

/** Meta's target for the median answer of a webhook; here for 99 of 100. */
export const META_ANSWER_MS = 250;

/** sent, delivered, read */
export const STATUSES_PER_MESSAGE = 3;

export const SECONDS_PER_DAY = 86_400;
