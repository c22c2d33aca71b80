/** All parts of the bench, one after the other, so that none disturbs another. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker, type BuiltWorker } from "./hosts/build-worker.ts";
import { BESIDE_JOURNEYS, JOURNEYS, journeysCalled, type Journey } from "./journeys.ts";
import type { Pace } from "./pace.ts";
import { countEvents } from "./parts/count-events.ts";
import { startHosts } from "./parts/hosts.ts";
import type { ConsumerResult, JourneyResult, Measurement } from "./parts/measurement.ts";
import { measureStartUp } from "./parts/measure-start-up.ts";
import { measureSql } from "./parts/measure-sql.ts";
import { profileJourneys } from "./parts/profile-journeys.ts";
import { runBeside } from "./parts/run-beside.ts";
import { runConsumer } from "./parts/run-consumer.ts";
import { runJourneys } from "./parts/run-journeys.ts";
import { runPeers } from "./parts/run-peers.ts";
import {
  besideLines,
  consumerLine,
  journeyLines,
  peerTable,
  profileTable,
  BESIDE_HEAD,
  JOURNEY_HEAD,
} from "./documents/tables.ts";

const STATUS_QUEUE = "paloma-status";

/** Names the consumer among the journeys. */
const CONSUMER = "consumer";

type BuiltWorkers = { ours: BuiltWorker; floor: BuiltWorker };

export async function measure(pace: Pace): Promise<Measurement> {
  return withBuiltWorkers(async (built, folder) => {
    const { ours } = built;
    const startUpMs = measureStartUp(ours.bundle, pace.peerRounds);
    console.log(`Bundle ${ours.size}; start-up ${startUpMs.median.toFixed(0)} ms`);

    console.log("Counting what events cost and lists read …");
    const { events, lists } = countEvents(pace, join(folder, "counts.json"));

    console.log("SQLite alone …");
    const sql = await measureSql(pace);

    console.log("Verify, parse and dispatch in Node …");
    const peers = await runPeers(pace);
    console.log(peerTable(peers));

    const { journeys, consumer } = await load(built, JOURNEYS, pace, true);
    if (consumer === null) throw new Error("the consumer is part of a whole measurement");

    console.log("Profiling …");
    const profiles = await profileJourneys(
      built,
      JOURNEYS.filter(({ target }) => target !== null),
    );
    console.log(profileTable(profiles));
    return {
      date: new Date().toISOString().slice(0, "2026-01-01".length),
      processor: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`,
      bundle: ours.size,
      startUpMs,
      journeys,
      profiles,
      consumer,
      peers,
      events,
      lists,
      sql,
    };
  });
}

/** Some journeys alone, or the consumer, while one works on what they show. */
export async function measureJourneys(names: readonly string[], pace: Pace): Promise<void> {
  const journeys = journeysCalled(names.filter((name) => name !== CONSUMER));
  await withBuiltWorkers((built) => load(built, journeys, pace, names.includes(CONSUMER)));
}

/** Webhooks alone, ours and those of another server in turns; all kinds of them where none is named. */
export async function measureBeside(
  url: string,
  names: readonly string[],
  pace: Pace,
): Promise<void> {
  const wanted = journeysCalled(names.length > 0 ? names : BESIDE_JOURNEYS);
  await withBuiltWorkers(async (built) => {
    console.log(`Loading ours and ${url} in turns …`);
    console.log(BESIDE_HEAD);
    const hosts = await startHosts(built);
    try {
      await runBeside(hosts, url, wanted, pace, (result) => console.log(besideLines(result)));
    } finally {
      await hosts.stop();
    }
  });
}

/** Where the time of these journeys goes. */
export async function profile(names: readonly string[]): Promise<void> {
  const journeys = journeysCalled(names);
  await withBuiltWorkers(async (built) => {
    console.log(profileTable(await profileJourneys(built, journeys)));
  });
}

async function withBuiltWorkers<Result>(
  work: (built: BuiltWorkers, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "paloma-bench-"));
  try {
    console.log("Building both Workers …");
    const ours = await buildWorker("wrangler.toml", join(folder, "ours"));
    const floor = await buildWorker("bench/floor/wrangler.toml", join(folder, "floor"));
    return await work({ ours, floor }, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function load(
  built: BuiltWorkers,
  wanted: readonly Journey[],
  pace: Pace,
  withConsumer: boolean,
): Promise<{ journeys: JourneyResult[]; consumer: ConsumerResult | null }> {
  console.log("Loading ours and the floor in turns …");
  console.log(JOURNEY_HEAD);
  const hosts = await startHosts(built);
  try {
    const journeys = await runJourneys(hosts, wanted, pace, (result) => {
      console.log(journeyLines(result));
    });
    if (!withConsumer) return { journeys, consumer: null };
    const consumer = await runConsumer(hosts.ours, STATUS_QUEUE, pace);
    console.log(consumerLine(consumer));
    return { journeys, consumer };
  } finally {
    await hosts.stop();
  }
}
