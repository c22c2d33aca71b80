import { PlainError } from "../client/plain-error.ts";

/** Where `.dev.vars` says that Meta is. */
export const DEFAULT_SIMULATOR_PORT = 8788;

const LAST_PORT = 65_535;

/** The port that an option or the environment names; else the default. */
export function portOf(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined || text === "") return otherwise;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > LAST_PORT) {
    throw new PlainError(`${option}: a port is a number from 1 to ${LAST_PORT}, not "${text}".`);
  }
  return port;
}
