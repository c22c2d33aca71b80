import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { unstable_readConfig as readConfig } from "wrangler";
import { PROJECT_URL } from "../client/project-url.ts";

/** What an environment of `wrangler.toml` consists of. */
export type Target = {
  environment: string;
  databases: readonly string[];
  queues: readonly string[];
  buckets: readonly string[];
  requiredSecrets: readonly string[];
  vars: Readonly<Record<string, unknown>>;
};

const name = v.string();

const configSchema = v.object({
  d1_databases: v.array(v.object({ database_name: name })),
  queues: v.object({
    producers: v.optional(v.array(v.object({ queue: name })), []),
    consumers: v.optional(
      v.array(v.object({ queue: name, dead_letter_queue: v.optional(name) })),
      [],
    ),
  }),
  r2_buckets: v.array(v.object({ bucket_name: name })),
  secrets: v.optional(v.object({ required: v.optional(v.array(name), []) }), { required: [] }),
  vars: v.record(v.string(), v.unknown()),
});

export function readTarget(environment: string): Target {
  const config = v.parse(
    configSchema,
    readConfig(
      { config: fileURLToPath(new URL("wrangler.toml", PROJECT_URL)), env: environment },
      { hideWarnings: true },
    ),
  );
  const { producers, consumers } = config.queues;
  const queues = [
    ...producers.map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue: given = queue }) => [queue, given]),
  ];
  return {
    environment,
    databases: config.d1_databases.map(({ database_name: database }) => database),
    queues: [...new Set(queues)],
    buckets: config.r2_buckets.map(({ bucket_name: bucket }) => bucket),
    requiredSecrets: config.secrets.required,
    vars: config.vars,
  };
}
