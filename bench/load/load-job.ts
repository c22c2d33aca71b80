import type { Traffic } from "./bodies.ts";

/** One turn of load on one Worker. */
export type LoadJob = {
  url: string;
  traffic: Traffic;
  /** The number of the first request, and how many there are; fewer end the turn early. */
  first: number;
  count: number;
  /** How many customers there are whose objects sleep. */
  sleepers: number;
  connections: number;
  seconds: number;
};

export type LoadResult = {
  elapsedMs: number;
  /** Milliseconds, one for each request. */
  latencies: Float64Array;
};
