/**
 * `npm run simulator`: the simulated Meta alone, for a Worker that `npx wrangler dev` runs. Both go by
 * `.dev.vars`, which it makes from the example where there is none. Stays up until Ctrl-C.
 */
import { createDevVars } from "./client/dev-vars.ts";
import { PlainError } from "./client/plain-error.ts";
import { printFailure } from "./client/print-failure.ts";
import { readConfig } from "./start/read-config.ts";
import { requireFreePort } from "./start/require-free-port.ts";
import { readSimulatorOptions } from "./start/simulator-options.ts";
import { startSimulator } from "./start/start-simulator.ts";
import { onStopSignal } from "./start/stop-signal.ts";

try {
  const { port, worker } = readSimulatorOptions(process.argv.slice(2), process.env);
  await requireFreePort(port, "--port");
  if (createDevVars()) console.log("Made .dev.vars from .dev.vars.example.");
  const webhookUrl = new URL("/webhook", worker).href;
  const simulator = startSimulator(readConfig().config, port, webhookUrl, {
    onOutput: (line) => console.log(line),
    onError: (line) => console.error(line),
  });
  console.log(`Webhooks go to ${webhookUrl}. Stop with Ctrl-C.`);
  const stopped = new Promise<void>((resolve) => onStopSignal(resolve));
  const failed = simulator.ended.then((how) => {
    throw new PlainError(`The simulator ended with ${how}.`);
  });
  await Promise.race([stopped, failed]);
  await simulator.stop();
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();
