import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";
import { DEFAULT_SIMULATOR_PORT, portOf } from "./port-option.ts";

export type StartOptions = {
  port: number;
  simulatorPort: number;
  /** End after the chat instead of staying up. */
  once: boolean;
};

const DEFAULT_PORT = 8787;

const USAGE = "npm start -- [--port PORT] [--simulator-port PORT] [--once]";

/** From the command line, else from PORT and SIMULATOR_PORT. */
export function readStartOptions(
  parameters: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartOptions {
  const given = parse(parameters);
  const port = portOf("--port", given.port ?? environment["PORT"], DEFAULT_PORT);
  const simulatorPort = portOf(
    "--simulator-port",
    given["simulator-port"] ?? environment["SIMULATOR_PORT"],
    DEFAULT_SIMULATOR_PORT,
  );
  if (port === simulatorPort) {
    throw new PlainError(
      `Give --port and --simulator-port two different ports, not ${port} twice.`,
    );
  }
  return { port, simulatorPort, once: given.once ?? false };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        port: { type: "string" },
        "simulator-port": { type: "string" },
        once: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
