import { createHmac } from "node:crypto";

const TIMEOUT_MS = 20_000;

/** Posts a body to the webhook, signed as Meta signs it; resolves with the answer's status. */
export async function postSigned(
  url: string,
  body: Uint8Array,
  appSecret: string,
): Promise<number> {
  const digest = createHmac("sha256", appSecret).update(body).digest("hex");
  const response = await fetch(new URL("/webhook", url), {
    method: "POST",
    headers: { "content-type": "application/json", "x-hub-signature-256": `sha256=${digest}` },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return response.status;
}
