import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { postSigned } from "../../../scripts/replay/post-signed.ts";
import { APP_SECRET } from "../audit/local-clinic.ts";

const TRIES = 30;
const PAUSE_MS = 1000;
const OK = 200;

/** Posts a webhook body as Meta does: again until it is answered with 200. */
export async function deliverPatiently(url: string, body: string): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  for (let left = TRIES; ; left -= 1) {
    const status = await postSigned(url, bytes, APP_SECRET);
    if (status === OK) return;
    assert.ok(left > 0, `A webhook is still answered ${status}.`);
    await sleep(PAUSE_MS);
  }
}
