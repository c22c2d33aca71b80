/** The built Worker and the simulator on free ports of this machine, for journeys over real HTTP. */
import { createTestHarness, type TestHarnessOptions, type WorkerHandle } from "wrangler";
import { readMigrations } from "../../../bench/hosts/build-worker.ts";
import type { SimulatorOptions } from "../../../simulator/settings.ts";
import type { Simulator } from "../../../simulator/simulator.ts";
import { workerEnvironment } from "../../endurance/audit/local-clinic.ts";
import { startLocalMeta } from "../../endurance/audit/local-meta.ts";
import { builtWorker } from "./built-worker.ts";
import { PALOMA_ORIGIN } from "./document-traffic.ts";

export { API_TOKEN, BUSINESS_NUMBERS } from "../../endurance/audit/local-clinic.ts";

/** The simulator's own, unless it is given another. */
export const BUSINESS_ACCOUNT_ID = "102290129340398";

/** The simulator's host for webhooks; each is handed to the Worker wherever that listens. */
const WEBHOOK_URL = "http://paloma.test/webhook";

export type ServeOptions = {
  /** Settings beside the usual ones, or in their place. */
  settings?: Readonly<Record<string, string>>;
  simulator?: Omit<Partial<SimulatorOptions>, "webhookUrl" | "deliver">;
  /** Workers beside Paloma, such as one that calls it by a service binding. */
  beside?: TestHarnessOptions["workers"];
};

export type ServedPaloma = {
  /** Without a slash at its end. */
  url: string;
  simulator: Simulator;
  /** A Worker by its name in its configuration; without one, Paloma itself. */
  worker: (name?: string) => WorkerHandle;
  /** What any of the Workers wrote to its log. */
  logs: () => string[];
  /** Ends both, and whatever they stored is gone. */
  stop: () => Promise<void>;
};

/** Starts both, with an empty, migrated database; call `stop` when the tests of a file are over. */
export async function servePaloma({
  settings = {},
  simulator = {},
  beside = [],
}: ServeOptions = {}): Promise<ServedPaloma> {
  // Nothing here needs to know where in the world it runs.
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  let webhookUrl = WEBHOOK_URL;
  const meta = await startLocalMeta({
    webhookUrl: WEBHOOK_URL,
    deliver: (request) => fetch(new Request(webhookUrl, request)),
    ...simulator,
  });
  const prebuiltWorkerDir = await builtWorker();
  const environment = { ...workerEnvironment(meta.url), ...settings };
  const harness = createTestHarness({
    workers: [
      {
        configPath: "wrangler.toml",
        secrets: environment,
        vars: environment,
        ...(prebuiltWorkerDir === undefined ? {} : { prebuiltWorkerDir }),
      },
      ...beside,
    ],
  });
  try {
    const { url } = await harness.listen();
    await migrate(harness.getWorker());
    webhookUrl = new URL("/webhook", url).href;
    process.env[PALOMA_ORIGIN] = url.origin;
    return {
      url: url.origin,
      simulator: meta.simulator,
      worker: (name) => harness.getWorker(name),
      logs: () => harness.getLogs().map(({ message }) => message),
      async stop() {
        meta.stop();
        await harness.close();
      },
    };
  } catch (error) {
    meta.stop();
    await harness.close();
    throw error;
  }
}

/** Of D1, what a migration needs. */
type Executes = { exec: (lines: string) => Promise<unknown> };

/** In one call: wrangler makes several of each migration. */
async function migrate(worker: WorkerHandle<{ DB: Executes }>): Promise<void> {
  const { DB } = await worker.getEnv();
  // Of what D1 executes, each line is a statement.
  const lines = readMigrations().map((statement) => statement.replaceAll(/\s+/g, " ").trim());
  await DB.exec(lines.join("\n"));
}
