import { hexadecimal } from "../encoding.ts";

/** The `X-Hub-Signature-256` of a body: HMAC-SHA256 over its exact bytes, in lower-case hexadecimal. */
export async function signature(
  bytes: Uint8Array<ArrayBuffer>,
  appSecret: string,
): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(appSecret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return `sha256=${hexadecimal(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes)))}`;
}
