/**
 * Meta's GET when the webhook is configured: it must get its challenge back.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint
 */

/** The challenge to answer with, or null to refuse. */
export async function handshake(
  query: Readonly<Record<string, string>>,
  verifyToken: string,
): Promise<string | null> {
  if (verifyToken === "" || query["hub.mode"] !== "subscribe") return null;
  const presented = await digest(query["hub.verify_token"] ?? "");
  const same = crypto.subtle.timingSafeEqual(presented, await digest(verifyToken));
  return same ? (query["hub.challenge"] ?? "") : null;
}

/** Digests have one length, which timingSafeEqual asks for. */
function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
