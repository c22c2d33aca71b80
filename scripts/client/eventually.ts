import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 50;

/** Asks again until the answer suits, for queues take their time; gives the last answer in any case. */
export async function eventually<Result>(
  ask: () => Promise<Result>,
  suits: (result: Result) => boolean,
  patienceMs: number,
): Promise<Result> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const result = await ask();
    if (suits(result) || Date.now() > end) return result;
    await sleep(PAUSE_MS);
  }
}
