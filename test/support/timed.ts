/** How long work waits, whatever else the machine does meanwhile. */

const TICK_MS = 10;

/** In real time, also where a test stops the clock. */
const wait = scheduler.wait.bind(scheduler);

/**
 * The result, and the milliseconds until it came, counted by a timer of this process: a busy machine holds
 * that up as it holds up the timers of the work, so that only what the work itself waits for counts.
 */
export async function timed<Result>(
  work: Promise<Result>,
): Promise<{ result: Result; took: number }> {
  const clock = { ticks: 0, isStopped: false };
  const ended = work.finally(() => {
    clock.isStopped = true;
  });
  const counted = (async () => {
    for (; !clock.isStopped; clock.ticks += 1) await wait(TICK_MS);
  })();
  const result = await ended;
  const took = clock.ticks * TICK_MS;
  await counted;
  return { result, took };
}
