/** All parts of the bench, one after the other, so that none disturbs another. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { buildWorker } from "./hosts/build-worker.ts";
import { FULL, type Pace } from "./pace.ts";
import { countEvents } from "./parts/count-events.ts";
import { startHosts } from "./parts/hosts.ts";
import type { Measurement } from "./parts/measurement.ts";
import { measureStartUp } from "./parts/measure-start-up.ts";
import { measureSql } from "./parts/measure-sql.ts";
import { runConsumer } from "./parts/run-consumer.ts";
import { runJourneys } from "./parts/run-journeys.ts";
import { runPeers } from "./parts/run-peers.ts";
import { consumerLine, journeyLines, peerTable, JOURNEY_HEAD } from "./documents/tables.ts";

const STATUS_QUEUE = "paloma-status";

export async function measure(pace: Pace): Promise<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), "paloma-bench-"));
  try {
    console.log("Building both Workers …");
    const ours = await buildWorker("wrangler.toml", join(folder, "ours"));
    const floor = await buildWorker("bench/floor/wrangler.toml", join(folder, "floor"));
    const startUpMs = measureStartUp(ours.bundle, pace);
    console.log(`Bundle ${ours.size}; start-up ${startUpMs.median.toFixed(0)} ms`);

    console.log("Counting what events cost and lists read …");
    const { events, lists } = countEvents(pace, join(folder, "counts.json"));

    console.log("SQLite alone …");
    const sql = await measureSql(pace);

    console.log("Verify, parse and dispatch in Node …");
    const peers = await runPeers(pace);
    console.log(peerTable(peers));

    console.log("Loading ours and the floor in turns …");
    console.log(JOURNEY_HEAD);
    const hosts = await startHosts({ ours, floor });
    try {
      const journeys = await runJourneys(hosts, pace, (result) => {
        console.log(journeyLines(result));
      });
      const consumer = await runConsumer(hosts.ours, STATUS_QUEUE, pace);
      console.log(consumerLine(consumer));
      return {
        date: new Date().toISOString().slice(0, "2026-01-01".length),
        command: pace === FULL ? "npm run bench" : "npm run bench -- --quick",
        processor: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`,
        bundle: ours.size,
        startUpMs,
        journeys,
        consumer,
        peers,
        events,
        lists,
        sql,
      };
    } finally {
      await hosts.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
