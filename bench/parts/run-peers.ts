import { join } from "node:path";
import { startChild } from "../processes/start-child.ts";
import type { Pace } from "../pace.ts";
import type { PeerResult } from "./measurement.ts";

/** Workerd has `Uint8Array.fromHex`; this version of Node has it behind a flag. */
const HEX_LIKE_WORKERD = "--js-base-64";

const CLOUDFLARE_MODULES = join(import.meta.dirname, "../processes/cloudflare-modules.ts");

/** Ours and the peers, in a process of their own. */
export async function runPeers({ peerRounds }: Pace): Promise<PeerResult[]> {
  const script = join(import.meta.dirname, "../peers/peers.ts");
  const child = await startChild(script, null, {
    nodeOptions: [HEX_LIKE_WORKERD, "--import", CLOUDFLARE_MODULES],
  });
  try {
    return (await child.ask(peerRounds)) as PeerResult[]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the script's own answer
  } finally {
    await child.stop();
  }
}
