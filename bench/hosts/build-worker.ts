/** Builds a Worker as it is deployed, and reads what its configuration binds. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import { PROJECT_FOLDER } from "../project-folder.ts";
import type { HostedWorker } from "./hosted-worker.ts";

const STATEMENT_BREAKPOINT = "--> statement-breakpoint";

/** Workerd's own newest: the Workers ask for a later one, which they would get deployed. */
const COMPATIBILITY_DATE = "2026-07-30";

export type BuiltWorker = Omit<HostedWorker, "bindings" | "schema" | "inspected"> & {
  variables: Readonly<Record<string, string>>;
  /** What wrangler says of its size: `526.71 KiB / gzip: 121.34 KiB`. */
  size: string;
};

const run = promisify(execFile);

/** No banner, no report to anybody. */
const QUIET = { WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" };

/** What is read here of a wrangler.toml. */
type Configuration = {
  main: string;
  compatibility_flags: string[];
  vars: Record<string, unknown>;
  d1_databases: { binding: string }[];
  r2_buckets: { binding: string }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  queues: { producers?: { binding: string; queue: string }[] };
};

/** @param config path of its wrangler.toml, from the project's folder */
export async function buildWorker(config: string, outputFolder: string): Promise<BuiltWorker> {
  const { stdout } = await run(
    "wrangler",
    ["deploy", "--dry-run", `--config=${config}`, `--outdir=${outputFolder}`],
    { cwd: PROJECT_FOLDER, env: { ...process.env, ...QUIET } },
  );
  const bindings: Configuration = readConfig({ config: join(PROJECT_FOLDER, config) });
  return {
    bundle: join(outputFolder, `${basename(bindings.main, ".ts")}.js`),
    size: /Total Upload: (.*)/.exec(stdout)?.[1] ?? "unknown",
    compatibilityDate: COMPATIBILITY_DATE,
    compatibilityFlags: bindings.compatibility_flags,
    variables: Object.fromEntries(
      Object.entries(bindings.vars).map(([name, value]) => [name, String(value)]),
    ),
    databases: bindings.d1_databases.map(({ binding }) => binding),
    buckets: bindings.r2_buckets.map(({ binding }) => binding),
    objects: bindings.durable_objects.bindings.map(({ name, class_name }) => ({
      binding: name,
      className: class_name,
    })),
    queues: bindings.queues.producers ?? [],
  };
}

/** The statements of every migration, in order. */
export function readMigrations(): string[] {
  const folder = join(PROJECT_FOLDER, "migrations");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split(STATEMENT_BREAKPOINT));
}
