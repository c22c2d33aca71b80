import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import type { Scene } from "./scene.ts";

const POLL_MS = 2;

const LONGEST_WAIT_MS = 5000;

/** The more webhooks are under way, the more is half done. */
const RUSH_WEBHOOKS = 24;

/** Waits for a rush of webhooks, and in it for any moment or until something was just promised. */
export async function untilRush(
  { deliveries, goesOn }: Scene,
  random: SeededRandom,
  moment: "any_moment" | "an_answer",
): Promise<void> {
  while (deliveries.inFlight < RUSH_WEBHOOKS && goesOn()) await sleep(POLL_MS);
  await (moment === "any_moment"
    ? sleep(random.below(deliveries.slowestMs + 1))
    : Promise.race([deliveries.nextAnswer(), sleep(LONGEST_WAIT_MS)]));
}
