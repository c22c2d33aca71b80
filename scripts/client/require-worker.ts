import type { JsonClient } from "./json-client.ts";
import { PlainError } from "./plain-error.ts";

/** Fails with what to do about it if no Worker answers. */
export async function requireWorker(url: string, api: JsonClient): Promise<void> {
  const answer = await api.call("GET", "/health").catch(() => null);
  if (answer?.status !== 200) {
    throw new PlainError(`No Paloma answers at ${url}: start one with \`npm start\`.`);
  }
}
