import type { Config } from "../../src/config/config.ts";
import { PlainError } from "../client/plain-error.ts";
import { migrate } from "./migrate.ts";
import type { ProcessGroup } from "./process-group.ts";
import { showWorkerOutput } from "./show-worker-output.ts";
import type { StartOptions } from "./start-options.ts";
import { startSimulator } from "./start-simulator.ts";
import { startWrangler } from "./start-wrangler.ts";
import { waitUntilUp } from "./wait-until-up.ts";
import { workerVars } from "./worker-vars.ts";

/** Where the two servers are to be found. */
export type Servers = {
  workerUrl: string;
  simulatorUrl: string;
  /** Fails when one of them ends by itself. */
  failed: Promise<never>;
};

/**
 * Starts the simulator and the Worker; each group is handed out before it is waited for.
 *
 * @param showsReads whether requests that only read are shown by now
 */
export async function startServers(
  { port, simulatorPort }: StartOptions,
  config: Config,
  onStart: (group: ProcessGroup) => void,
  showsReads: () => boolean,
): Promise<Servers> {
  const workerUrl = `http://localhost:${port}`;
  const simulatorUrl = `http://localhost:${simulatorPort}`;

  const simulator = startSimulator(config, simulatorPort, `${workerUrl}/webhook`, {
    onOutput: () => undefined,
    onError: (line) => console.error(`simulator | ${line}`),
  });
  onStart(simulator);

  await migrate(onStart);

  const worker = startWrangler(
    [
      "dev",
      `--port=${port}`,
      // Any free port: this Worker is not debugged, and 9229 may be taken.
      "--inspector-port=0",
      "--log-level=info",
      ...workerVars(simulatorUrl),
    ],
    { onOutput: showWorkerOutput(showsReads), onError: showWorkerOutput(showsReads) },
  );
  onStart(worker);

  await Promise.all([
    waitUntilUp("The simulator", `${simulatorUrl}/_simulator/customers`, simulator),
    waitUntilUp("The Worker", `${workerUrl}/health`, worker),
  ]);
  const failed = Promise.race([
    simulator.ended.then((how) => `The simulator ended with ${how}.`),
    worker.ended.then((how) => `The Worker ended with ${how}.`),
  ]).then((what) => {
    throw new PlainError(what);
  });
  return { workerUrl, simulatorUrl, failed };
}
