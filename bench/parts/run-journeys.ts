/**
 * Loads our Worker and the floor in turns of a few seconds, so that both meet the same machine. Whose
 * turn it is not stands still: what its alarms do falls into its own turns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "../processes/start-child.ts";
import type { Journey } from "../journeys.ts";
import type { LoadJob, LoadResult } from "../load/load-job.ts";
import type { Traffic } from "../load/bodies.ts";
import type { Pace } from "../pace.ts";
import { continueTree, haltTree, treeCpuMs } from "../processes/process-tree.ts";
import { percentile, spreadOf } from "../statistics.ts";
import type { Host, Hosts } from "./hosts.ts";
import type { JourneyResult, SideResult } from "./measurement.ts";

type Turn = { requestsPerSecond: number; cpuMsPerRequest: number; latencies: Float64Array };

const SECOND_MS = 1000;

/** Time for what a Worker does after its answers. */
const AFTER_WORK_MS = 200;

/** An object's alarm comes so long after what it is for, and a little more. */
const LAST_ALARM_MS = 7 * SECOND_MS;

const LOOK_MS = 500;

/** Of a core: workerd and Node look around now and then. */
const IDLE_SHARE = 0.1;

/** They wake the objects, and V8 compiles what is hot: a floor of few lines is compiled sooner. */
const UNCOUNTED_ROUNDS = 2;

/** A turn has this many times the requests that the last one used. */
const SPARE = 1.5;

/** Wamids and idempotency keys are made of it: each run has its own data, and starts anew. */
let nextNumber = 1;

export async function runJourneys(
  hosts: Hosts,
  journeys: readonly Journey[],
  pace: Pace,
  onResult: (result: JourneyResult) => void,
): Promise<JourneyResult[]> {
  const results: JourneyResult[] = [];
  await knowCustomers(hosts);
  for (const journey of journeys) {
    const ours = new Side(hosts.ours, journey.ours, journey);
    const floor = new Side(hosts.floor, journey.floor, journey);
    await Promise.all([hosts.ours, hosts.floor].map(atRest));
    for (const { child } of [hosts.ours, hosts.floor]) haltTree(child.pid);
    for (let round = -UNCOUNTED_ROUNDS; round < pace.rounds; round += 1) {
      for (const side of [ours, floor]) {
        const turn = await side.play(hosts.loader, pace.turnSeconds);
        if (round >= 0) side.turns.push(turn);
      }
    }
    for (const { child } of [hosts.ours, hosts.floor]) continueTree(child.pid);
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
    await new Side(host, "100 texts of 100 customers", bodies).load(loader, Infinity);
  }
}

/** Once nothing is left to do: what a journey leaves to alarms would fall into the next one. */
async function atRest({ child }: Host): Promise<void> {
  for (let quietMs = 0; quietMs < LAST_ALARM_MS;) {
    const before = treeCpuMs(child.pid);
    await sleep(LOOK_MS);
    quietMs = treeCpuMs(child.pid) - before <= IDLE_SHARE * LOOK_MS ? quietMs + LOOK_MS : 0;
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
    const { pid } = this.#host.child;
    continueTree(pid);
    const before = treeCpuMs(pid);
    const { elapsedMs, latencies } = await this.load(loader, seconds);
    await sleep(AFTER_WORK_MS);
    haltTree(pid);
    const requests = latencies.length;
    this.#count = Math.max(this.#connections, Math.ceil(requests * SPARE));
    return {
      requestsPerSecond: (requests * SECOND_MS) / elapsedMs,
      cpuMsPerRequest: (treeCpuMs(pid) - before) / requests,
      latencies,
    };
  }

  async load(loader: Child, seconds: number): Promise<LoadResult> {
    const job: LoadJob = {
      url: this.#host.url,
      traffic: this.#traffic,
      first: nextNumber,
      count: this.#count,
      connections: this.#connections,
      seconds,
    };
    nextNumber += job.count;
    return (await loader.ask(job)) as LoadResult; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the loader's own answer
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
