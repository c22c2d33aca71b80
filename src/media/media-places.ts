/** Where files are: at Meta, in our records, and in the bucket if there is one. */
import type { Config } from "../config.ts";
import { createGraphClient, type GraphClient } from "../graph/graph-client.ts";
import { createDatabase, type Database } from "../store/database.ts";
import { bucketOf } from "./bucket.ts";

export type MediaPlaces = { graph: GraphClient; database: Database; bucket: R2Bucket | null };

export function mediaPlaces(
  env: Pick<Env, "DB"> & { MEDIA?: R2Bucket },
  config: Config,
): MediaPlaces {
  return {
    graph: createGraphClient(config),
    database: createDatabase(env.DB),
    bucket: bucketOf(env),
  };
}
