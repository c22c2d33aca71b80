import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import type { Audit } from "../audit/audit.ts";
import type { Scene } from "../audit/scene.ts";
import { untilRush } from "../audit/until-rush.ts";

const POLL_MS = 2;

/** The share of the events in which kills fall; of the rest, every status must be found. */
const KILLED_SHARE = 0.9;

/**
 * Kills and restarts the Worker, spread over the events, each time while requests are under way.
 * Resolves with how often, and what was torn apart.
 */
export async function killAgainAndAgain(
  scene: Scene,
  random: SeededRandom,
  { kills, events }: { kills: number; events: number },
): Promise<Audit["figures"]> {
  const { worker, deliveries, clinic, ledger } = scene;
  let webhooksInFlight = 0;
  let requestsInFlight = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const moment = (KILLED_SHARE * events * (kill + random.fraction())) / kills;
    while (ledger.events < moment) await sleep(POLL_MS);
    // By turns at any moment of a rush, and when something was just promised.
    await untilRush(scene, random, kill % 2 === 0 ? "any_moment" : "an_answer");
    webhooksInFlight += deliveries.inFlight;
    requestsInFlight += clinic.inFlight;
    await worker.kill();
    await worker.start();
  }
  return {
    kills,
    "webhooks under way at a kill": webhooksInFlight,
    "API requests under way at a kill": requestsInFlight,
  };
}
