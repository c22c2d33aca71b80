import { PlainError } from "../client/plain-error.ts";
import { eventually } from "../client/eventually.ts";
import type { ProcessGroup } from "./process-group.ts";

const PATIENCE_MS = 60_000;
const ANSWER_MS = 5000;

/** Resolves when the address answers 200; fails if the server ends first or takes too long. */
export async function waitUntilUp(name: string, url: string, group: ProcessGroup): Promise<void> {
  const up = await Promise.race([
    eventually(() => answers(url), Boolean, PATIENCE_MS),
    group.ended.then((how) => {
      throw new PlainError(`${name} ended with ${how} before it was up.`);
    }),
  ]);
  if (!up) throw new PlainError(`${name} is not up after ${PATIENCE_MS / 1000} s.`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
