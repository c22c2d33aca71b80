/** Everything that a measurement over HTTP needs, each in processes of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startChild, type Child } from "../processes/start-child.ts";
import { ACCESS_TOKEN, API_TOKEN, APP_SECRET, BUSINESS_NUMBER, VERIFY_TOKEN } from "../clinic.ts";
import { readMigrations, type BuiltWorker } from "../hosts/build-worker.ts";
import type { HostedWorker } from "../hosts/hosted-worker.ts";

export type Host = { url: string; child: Child };

export type Hosts = { ours: Host; floor: Host; loader: Child; stop: () => Promise<void> };

/** Where the local D1 and objects store: this machine's disk, and who else writes to it, is not the subject. */
const IN_MEMORY = { TMPDIR: "/dev/shm" };

export async function startHosts(
  built: { ours: BuiltWorker; floor: BuiltWorker },
  { inspected = false } = {},
): Promise<Hosts> {
  const graph = await startScript("../hosts/fake-graph.ts", null);
  const [ours, floor, loader] = await Promise.all([
    startScript("../hosts/host.ts", { ...ourWorker(built.ours, graph.url), inspected }, IN_MEMORY),
    startScript("../hosts/host.ts", floorWorker(built.floor, graph.url), IN_MEMORY),
    startScript("../load/load.ts", null),
  ]);
  return {
    ours,
    floor,
    loader: loader.child,
    async stop() {
      await Promise.all([ours, floor, loader, graph].map(({ child }) => child.stop()));
    },
  };
}

function ourWorker({ variables, ...worker }: BuiltWorker, graphUrl: string): HostedWorker {
  return {
    ...worker,
    inspected: false,
    schema: readMigrations(),
    bindings: {
      ...variables,
      WHATSAPP_ACCESS_TOKEN: ACCESS_TOKEN,
      WHATSAPP_APP_SECRET: APP_SECRET,
      WHATSAPP_VERIFY_TOKEN: VERIFY_TOKEN,
      WHATSAPP_PHONE_NUMBER_ID: BUSINESS_NUMBER,
      API_TOKENS: `bench:${API_TOKEN}`,
      GRAPH_API_BASE_URL: graphUrl,
      // A call to Meta for each message would measure Node's HTTP server more than us.
      MARK_AS_READ: "on_open",
      // The most that Meta grants a number.
      MESSAGES_PER_SECOND: "1000",
    },
  };
}

function floorWorker(
  { variables: _variables, ...worker }: BuiltWorker,
  graphUrl: string,
): HostedWorker {
  const schema = readFileSync(join(import.meta.dirname, "../floor/schema.sql"), "utf8");
  return {
    ...worker,
    inspected: false,
    schema: [
      ...schema.split(";").filter((statement) => statement.trim() !== ""),
      ...readMigrations(),
    ],
    bindings: { APP_SECRET, API_TOKEN, ACCESS_TOKEN, GRAPH_API_BASE_URL: graphUrl },
  };
}

async function startScript(
  script: string,
  parameter: unknown,
  environment: Readonly<Record<string, string>> = {},
): Promise<Host> {
  const child = await startChild(join(import.meta.dirname, script), parameter, { environment });
  return { child, url: String(child.greeting) };
}
