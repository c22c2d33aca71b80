import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";
import { DEFAULT_SIMULATOR_PORT, portOf } from "./port-option.ts";

export type SimulatorOptions = {
  port: number;
  /** Where the Worker that it sends webhooks to answers. */
  worker: string;
};

const DEFAULT_WORKER = "http://localhost:8787";

const USAGE = "npm run simulator -- [--port PORT] [--worker URL]";

/** From the command line, else the port from SIMULATOR_PORT. */
export function readSimulatorOptions(
  parameters: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SimulatorOptions {
  const given = parse(parameters);
  const worker = given.worker ?? DEFAULT_WORKER;
  if (!/^https?:\/\//.test(worker) || !URL.canParse(worker)) {
    throw new PlainError(`--worker: "${worker}" is no URL: write it like ${DEFAULT_WORKER}.`);
  }
  const port = portOf(
    "--port",
    given.port ?? environment["SIMULATOR_PORT"],
    DEFAULT_SIMULATOR_PORT,
  );
  return { port, worker };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: { port: { type: "string" }, worker: { type: "string" } },
    }).values;
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
