/**
 * Loads our Worker and the floor in turns of a second, so that both meet the same machine. The other
 * side is stopped, so that what its alarms do falls into its own turns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { KNOWN_CUSTOMERS } from "../clinic.ts";
import { SLEEPING_TEXT, type Journey } from "../journeys.ts";
import type { Pace } from "../pace.ts";
import { startedCpuMs } from "../processes/process-tree.ts";
import type { Hosts } from "./hosts.ts";
import type { JourneyResult } from "./measurement.ts";
import {
  ASLEEP_AFTER_MS,
  knowCustomers,
  playInTurns,
  ratioOf,
  Side,
  sideResult,
  type Server,
} from "./side.ts";

const SECOND_MS = 1000;

/** An object's alarm comes so long after what it is for, and a little more. */
const LAST_ALARM_MS = 7 * SECOND_MS;

const LOOK_MS = 500;

/** Of a core: workerd looks around now and then. */
const IDLE_SHARE = 0.1;

export async function runJourneys(
  { ours, floor, loader }: Hosts,
  journeys: readonly Journey[],
  pace: Pace,
  onResult: (result: JourneyResult) => void,
): Promise<JourneyResult[]> {
  const results: JourneyResult[] = [];
  const servers = [ours, floor].map(({ url, child }) => ({ url, pid: child.pid }));
  await knowCustomers(servers, loader, "100 texts of 100 customers", KNOWN_CUSTOMERS);
  for (const journey of journeys) {
    const sides = {
      ours: new Side({ url: ours.url, pid: ours.child.pid }, journey.ours, journey, pace.sleepers),
      floor: new Side(
        { url: floor.url, pid: floor.child.pid },
        journey.floor,
        journey,
        pace.sleepers,
      ),
    };
    if (journey.ours === SLEEPING_TEXT) {
      const traffic = "100 texts of 100 customers whose objects will sleep";
      await knowCustomers(servers, loader, traffic, pace.sleepers);
      await sleep(ASLEEP_AFTER_MS);
    }
    await Promise.all(servers.map(atRest));
    await playInTurns([sides.ours, sides.floor], loader, pace);
    const result = resultOf(journey, sides.ours, sides.floor);
    onResult(result);
    results.push(result);
  }
  return results;
}

/** Once nothing is left to do: what a journey leaves to alarms would fall into the next one. */
async function atRest({ pid }: Server & { pid: number }): Promise<void> {
  for (let quietMs = 0; quietMs < LAST_ALARM_MS;) {
    const before = startedCpuMs(pid);
    await sleep(LOOK_MS);
    quietMs = startedCpuMs(pid) - before <= IDLE_SHARE * LOOK_MS ? quietMs + LOOK_MS : 0;
  }
}

function resultOf(journey: Journey, ours: Side, floor: Side): JourneyResult {
  const { name, eventsPerRequest, target } = journey;
  return {
    name,
    eventsPerRequest,
    target,
    floorDoes: journey.floor === journey.ours ? null : journey.floor,
    ours: sideResult(ours),
    floor: sideResult(floor),
    requestsRatio: ratioOf(ours, floor, "requestsPerSecond"),
    cpuRatio: ratioOf(floor, ours, "cpuMsPerRequest"),
  };
}
