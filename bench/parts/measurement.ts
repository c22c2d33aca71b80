/** What one run of the bench found. */
import type { Costs } from "../../test/support/costs.ts";
import type { Spread } from "../statistics.ts";

/** One Worker under one kind of load. */
export type SideResult = {
  requestsPerSecond: Spread;
  p50Ms: number;
  p99Ms: number;
  cpuMsPerRequest: Spread;
};

export type JourneyResult = {
  name: string;
  eventsPerRequest: number;
  ours: SideResult;
  floor: SideResult;
  /** What the floor does in its turn, where it is not the same. */
  floorDoes: string | null;
  /** Ours to the floor's requests per second, round by round. */
  requestsRatio: Spread;
  /** The floor's CPU time a request to ours, round by round. */
  cpuRatio: Spread;
  target: number | null;
};

/** Paloma and another server under one kind of load; of a foreign process no CPU time is known. */
export type BesideResult = {
  name: string;
  ours: Omit<SideResult, "cpuMsPerRequest">;
  other: Omit<SideResult, "cpuMsPerRequest">;
  /** Ours to the other's requests per second, round by round. */
  ratio: Spread;
};

export type ConsumerResult = { statusesPerSecond: Spread; cpuMsPerStatus: number };

/** One body through verify, parse and dispatch in Node. */
export type PeerResult = {
  who: string;
  body: string;
  events: number;
  dispatched: number;
  wholeUs: Spread;
  /** Without its check of the signature. */
  unverifiedUs: Spread;
};

/** Of our Worker and its objects; what D1 and queues do in Workers of their own is not in it. */
export type JourneyProfile = {
  name: string;
  requests: number;
  rooms: { room: string; msARequest: number }[];
};

export type EventCosts = { event: string; events: number; costs: Costs };

export type ListReads = {
  list: string;
  conversations: number;
  messages: number;
  rowsRead: number;
};

/** What SQLite alone does, in milliseconds for one batch. */
export type SqlResult = {
  conversations: number;
  messages: number;
  textMs: Spread;
  hundredTextsMs: Spread;
  hundredStatusesMs: Spread;
  /** On disk, with its indexes and its share of a conversation. */
  bytesPerMessage: number;
};

export type Measurement = {
  date: string;
  processor: string;
  bundle: string;
  startUpMs: Spread;
  journeys: JourneyResult[];
  /** Of those with a target. */
  profiles: JourneyProfile[];
  consumer: ConsumerResult;
  peers: PeerResult[];
  events: EventCosts[];
  lists: ListReads[];
  sql: SqlResult;
};
