import type { Identifiers } from "../identifiers.ts";
import type { Settings } from "../settings.ts";

export interface Handshake {
  /** Whether the server gave the challenge back as Meta demands. */
  readonly ok: boolean;
  /** Null when the connection was lost. */
  readonly status: number | null;
  readonly answer: string;
}

/** Meta's verification request, which it sends when a webhook address is registered. */
export async function handshake(settings: Settings, identifiers: Identifiers): Promise<Handshake> {
  const url = new URL(settings.webhookUrl);
  const challenge = identifiers.objectId();
  url.searchParams.set("hub.mode", "subscribe");
  url.searchParams.set("hub.challenge", challenge);
  url.searchParams.set("hub.verify_token", settings.verifyToken);
  const response = await settings.deliver(new Request(url)).catch(() => null);
  if (response === null) return { ok: false, status: null, answer: "" };
  const answer = await response.text();
  return { ok: response.status === 200 && answer === challenge, status: response.status, answer };
}
