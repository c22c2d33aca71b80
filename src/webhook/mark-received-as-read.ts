/** Tells Meta, after the answer, that what came was read: the customer sees blue ticks. */
import { parseConfig } from "../config.ts";
import { inboundEffect } from "../conversation/inbound-effect.ts";
import type { Reception } from "../conversation/receive-messages.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import { log } from "../observability/log.ts";

/**
 * Marks the newest message of each conversation, which marks those before it as well. It is a
 * courtesy: where it fails, nothing is lost and nothing is repeated.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
export async function markReceivedAsRead(
  env: Env,
  receptions: readonly Reception[],
): Promise<void> {
  const result = parseConfig({ ...env });
  if (!result.ok || result.config.markAsRead !== "on_receive") return;
  const client = createGraphClient(result.config);
  await Promise.all(
    receptions.map(async ({ fresh }) => {
      const newest = fresh
        .filter((message) => inboundEffect(message).countsAsUnread)
        .toSorted((one, other) => (one.id < other.id ? -1 : 1))
        .at(-1);
      if (newest === undefined) return;
      const { phone_number_id, wamid } = newest;
      const answer = await client.markAsRead(phone_number_id, wamid, { typing: false });
      if (!answer.ok) log("error", "mark_as_read_failed", { code: answer.error.code });
    }),
  );
}
