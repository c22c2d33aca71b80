/** Where the CPU time of a request goes, room by room: what a missed target is due to. */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuiltWorker } from "../hosts/build-worker.ts";
import type { Journey } from "../journeys.ts";
import type { LoadJob, LoadResult } from "../load/load-job.ts";
import { profileWhile } from "../profile/cpu-profile.ts";
import { timeByRoom, type FindSource } from "../profile/time-by-room.ts";
import type { Traffic } from "../load/bodies.ts";
import { startHosts } from "./hosts.ts";
import type { JourneyProfile } from "./measurement.ts";

/** Until V8 has compiled what is hot. */
const WARM_UP_SECONDS = 4;

/** Long enough for an alarm of each object, which comes 5 s after its message. */
const PROFILED_SECONDS = 8;

/** Time for what a Worker does after its answers. */
const AFTER_WORK_MS = 500;

/** Each journey in processes of its own, so that none finds what another left. */
export async function profileJourneys(
  built: { ours: BuiltWorker; floor: BuiltWorker },
  journeys: readonly Journey[],
): Promise<JourneyProfile[]> {
  const findSource = sourcesOf(built.ours.bundle);
  const profiles: JourneyProfile[] = [];
  for (const { name, ours, connections, firstRequests } of journeys) {
    const hosts = await startHosts(built, { inspected: true });
    try {
      const { url, child } = hosts.ours;
      let first = 1;
      const load = async (traffic: Traffic, limits: Pick<LoadJob, "count" | "seconds">) => {
        const job: LoadJob = { url, traffic, first, connections, sleepers: 1, ...limits };
        first += job.count;
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loader's own answer
        return (await hosts.loader.ask(job)) as LoadResult;
      };
      await load("100 texts of 100 customers", { count: 10, seconds: Infinity });
      // A turn of a second has so many ready. More could not be held: a body may have 500 KB.
      const loadFor = (seconds: number) => load(ours, { count: firstRequests * seconds, seconds });
      await loadFor(WARM_UP_SECONDS);
      let requests = 0;
      const profile = await profileWhile(
        String(await child.ask({ kind: "inspector" })),
        async () => {
          const { latencies } = await loadFor(PROFILED_SECONDS);
          requests = latencies.length;
          await sleep(AFTER_WORK_MS);
        },
      );
      const rooms = timeByRoom(profile, findSource).map(([room, ms]) => ({
        room,
        msARequest: ms / requests,
      }));
      profiles.push({ name, requests, rooms });
    } finally {
      await hosts.stop();
    }
  }
  return profiles;
}

/** By the source map that the bundle was built with. */
function sourcesOf(bundle: string): FindSource {
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
  return (line, column) => {
    const entry = map.findEntry(line, column);
    return "originalSource" in entry ? entry.originalSource : undefined;
  };
}
