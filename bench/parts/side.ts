/** One server under one kind of load, a turn at a time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Journey } from "../journeys.ts";
import type { Traffic } from "../load/bodies.ts";
import type { LoadJob, LoadResult } from "../load/load-job.ts";
import { continueTree, haltTree, startedCpuMs } from "../processes/process-tree.ts";
import type { Child } from "../processes/start-child.ts";
import { percentile, spreadOf } from "../statistics.ts";
import type { SideResult } from "./measurement.ts";

/** Where requests go; `pid` is the process that started the server, null where it is not ours. */
export type Server = { url: string; pid: number | null };

export type Turn = {
  requestsPerSecond: number;
  /** NaN where the server's process is not ours. */
  cpuMsPerRequest: number;
  /** Milliseconds, one for each request. */
  latencies: Float64Array;
};

const SECOND_MS = 1000;

/** In the bodies by which customers become known. */
const CUSTOMERS_A_BODY = 100;

/** Each awake object of ours holds six files open, and a process may have 20,000. */
const AWAKE_AT_ONCE = 1600;

/** The platform forgets an object's memory after 10 seconds without work. */
export const ASLEEP_AFTER_MS = 12 * SECOND_MS;

/** Time for what a Worker does after its answers. */
const AFTER_WORK_MS = 200;

/** They wake the objects, and V8 compiles what is hot: a floor of few lines is compiled sooner. */
const UNCOUNTED_ROUNDS = 2;

/** A turn has this many times the requests that the last one used. */
const SPARE = 1.5;

/** Wamids and idempotency keys are made of it: each run has its own data, and starts empty. */
let nextNumber = 1;

export class Side {
  readonly turns: Turn[] = [];
  readonly #server: Server;
  readonly #traffic: Traffic;
  readonly #connections: number;
  readonly #sleepers: number;
  #count: number;

  constructor(
    server: Server,
    traffic: Traffic,
    { connections, firstRequests }: Pick<Journey, "connections" | "firstRequests">,
    sleepers: number,
  ) {
    this.#server = server;
    this.#traffic = traffic;
    this.#connections = connections;
    this.#sleepers = sleepers;
    this.#count = firstRequests;
  }

  /** Out of its turn the server stands still, where it is ours to halt. */
  halt(): void {
    if (this.#server.pid !== null) haltTree(this.#server.pid);
  }

  continue(): void {
    if (this.#server.pid !== null) continueTree(this.#server.pid);
  }

  async play(loader: Child, seconds: number): Promise<Turn> {
    this.continue();
    const before = this.#cpuMs();
    const { elapsedMs, latencies } = await this.load(loader, seconds);
    await sleep(AFTER_WORK_MS);
    this.halt();
    const requests = latencies.length;
    this.#count = Math.max(this.#connections, Math.ceil(requests * SPARE));
    return {
      requestsPerSecond: (requests * SECOND_MS) / elapsedMs,
      cpuMsPerRequest: (this.#cpuMs() - before) / requests,
      latencies,
    };
  }

  async load(loader: Child, seconds: number): Promise<LoadResult> {
    const job: LoadJob = {
      url: this.#server.url,
      traffic: this.#traffic,
      first: nextNumber,
      count: this.#count,
      connections: this.#connections,
      sleepers: this.#sleepers,
      seconds,
    };
    nextNumber += job.count;
    return (await loader.ask(job)) as LoadResult; // oxlint-disable-line typescript/no-unsafe-type-assertion -- the loader's own answer
  }

  #cpuMs(): number {
    return this.#server.pid === null ? Number.NaN : startedCpuMs(this.#server.pid);
  }
}

/** Both in turns; what each did in the counted ones stands in its `turns`. */
export async function playInTurns(
  sides: readonly Side[],
  loader: Child,
  { rounds, turnSeconds }: { rounds: number; turnSeconds: number },
): Promise<void> {
  for (const side of sides) side.halt();
  for (let round = -UNCOUNTED_ROUNDS; round < rounds; round += 1) {
    for (const side of sides) {
      const turn = await side.play(loader, turnSeconds);
      if (round >= 0) side.turns.push(turn);
    }
  }
  for (const side of sides) side.continue();
}

/** Each of so many customers writes once, a hundred at a time; where there are very many, some first fall asleep. */
export async function knowCustomers(
  servers: readonly Server[],
  loader: Child,
  traffic: Traffic,
  customers: number,
): Promise<void> {
  const atOnce = Math.min(customers, AWAKE_AT_ONCE);
  const bodies = { connections: 1, firstRequests: atOnce / CUSTOMERS_A_BODY };
  for (const server of servers) {
    const side = new Side(server, traffic, bodies, customers);
    for (let known = 0; known < customers; known += atOnce) {
      if (known > 0) await sleep(ASLEEP_AFTER_MS);
      await side.load(loader, Infinity);
    }
  }
}

export function sideResult({ turns }: Side): SideResult {
  const latencies = Float64Array.from(turns.flatMap((turn) => [...turn.latencies])).toSorted();
  return {
    requestsPerSecond: spreadOf(turns.map(({ requestsPerSecond }) => requestsPerSecond)),
    cpuMsPerRequest: spreadOf(turns.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

/** Of what both did, round by round. */
export function ratioOf(one: Side, other: Side, figure: "requestsPerSecond" | "cpuMsPerRequest") {
  return spreadOf(
    one.turns.map((turn, round) => turn[figure] / (other.turns[round]?.[figure] ?? Number.NaN)),
  );
}
