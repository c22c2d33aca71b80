import { displayBody } from "../messages/display-body.ts";
import { createDatabase } from "../store/database.ts";
import { insertFallback } from "../store/fallbacks.ts";
import { payloadOf } from "./claim-of.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";

/** Why a fallback waits that has no row yet: D1 did not take it. */
export const NOT_CLAIMED = "not_claimed";

/**
 * Gives a fallback its row in D1, with what it shares with the message in whose place it goes.
 * False if that message has another fallback already; repeating it changes nothing.
 */
export async function claimFallback(env: Env, message: OutgoingMessage): Promise<boolean> {
  const payload = payloadOf(message);
  return insertFallback(createDatabase(env.DB), {
    id: message.id,
    fallback_of: message.fallback_of ?? "",
    type: message.type,
    body: message.fallback_body ?? displayBody(payload),
    payload: JSON.stringify(payload),
    media_id: message.files?.[0]?.media_id ?? null,
    send_options: JSON.stringify(message),
    expires_at: message.expires_at,
    created_at: Date.now(),
  });
}
