/** Loads our Worker and the floor in turns of a few seconds, so that both meet the same machine. */
import type { Child } from "../processes/start-child.ts";
import { JOURNEYS, type Journey } from "../journeys.ts";
import type { LoadJob, LoadResult } from "../load/load-job.ts";
import type { Traffic } from "../load/bodies.ts";
import type { Pace } from "../pace.ts";
import { treeCpuMs } from "../processes/tree-cpu.ts";
import { percentile, spreadOf } from "../statistics.ts";
import type { Host, Hosts } from "./hosts.ts";
import type { JourneyResult, SideResult } from "./measurement.ts";

type Turn = { requestsPerSecond: number; cpuMsPerRequest: number; latencies: Float64Array };

/** Time for what a Worker does after its answers. */
const AFTER_WORK_MS = 200;

/** A turn has this many times the requests that the last one used. */
const SPARE = 1.5;

/** Wamids and idempotency keys are made of it: each run has its own data, and starts anew. */
let nextNumber = 1;

export async function runJourneys(
  hosts: Hosts,
  pace: Pace,
  onResult: (result: JourneyResult) => void,
): Promise<JourneyResult[]> {
  const results: JourneyResult[] = [];
  await knowCustomers(hosts);
  for (const journey of JOURNEYS) {
    const ours = new Side(hosts.ours, journey.ours, journey);
    const floor = new Side(hosts.floor, journey.floor, journey);
    // The first round wakes the objects and is not counted.
    for (let round = 0; round <= pace.rounds; round += 1) {
      for (const side of [ours, floor]) {
        const turn = await side.play(hosts.loader, pace.turnSeconds);
        if (round > 0) side.turns.push(turn);
      }
    }
    const result = resultOf(journey, ours.turns, floor.turns);
    onResult(result);
    results.push(result);
  }
  return results;
}

/** Every known customer writes once, a few at a time. */
async function knowCustomers({ ours, floor, loader }: Hosts): Promise<void> {
  const bodies = { connections: 1, firstRequests: 10 };
  for (const host of [ours, floor]) {
    await new Side(host, "100 texts of 100 customers", bodies).play(loader, Infinity);
  }
}

class Side {
  readonly turns: Turn[] = [];
  readonly #host: Host;
  readonly #traffic: Traffic;
  readonly #connections: number;
  #count: number;

  constructor(
    host: Host,
    traffic: Traffic,
    { connections, firstRequests }: Pick<Journey, "connections" | "firstRequests">,
  ) {
    this.#host = host;
    this.#traffic = traffic;
    this.#connections = connections;
    this.#count = firstRequests;
  }

  async play(loader: Child, seconds: number): Promise<Turn> {
    const job: LoadJob = {
      url: this.#host.url,
      traffic: this.#traffic,
      first: nextNumber,
      count: this.#count,
      connections: this.#connections,
      seconds,
    };
    nextNumber += job.count;
    const { pid } = this.#host.child;
    const before = treeCpuMs(pid);
    const { elapsedMs, latencies } = (await loader.ask(job)) as LoadResult; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the loader's own answer
    await new Promise((resolve) => setTimeout(resolve, AFTER_WORK_MS));
    const requests = latencies.length;
    this.#count = Math.max(this.#connections, Math.ceil(requests * SPARE));
    return {
      requestsPerSecond: (requests * 1000) / elapsedMs,
      cpuMsPerRequest: (treeCpuMs(pid) - before) / requests,
      latencies,
    };
  }
}

function resultOf(journey: Journey, ours: readonly Turn[], floor: readonly Turn[]): JourneyResult {
  const { name, eventsPerRequest, target } = journey;
  return {
    name,
    eventsPerRequest,
    target,
    floorDoes: journey.floor === journey.ours ? null : journey.floor,
    ours: sideResult(ours),
    floor: sideResult(floor),
    ratio: spreadOf(
      ours.map((turn, round) => turn.requestsPerSecond / (floor[round]?.requestsPerSecond ?? 0)),
    ),
  };
}

function sideResult(turns: readonly Turn[]): SideResult {
  const latencies = Float64Array.from(turns.flatMap((turn) => [...turn.latencies])).toSorted();
  return {
    requestsPerSecond: spreadOf(turns.map(({ requestsPerSecond }) => requestsPerSecond)),
    cpuMsPerRequest: spreadOf(turns.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}
