/**
 * What each frame of a page costs its main thread. Processor time, as the browser's trace has it: on a machine
 * that others use too, a frame of 2 ms may last 300 by the clock.
 */
import type { Browser } from "playwright-core";

type TraceEvent = {
  name: string;
  pid: number;
  tid: number;
  ts: number;
  /** Microseconds of the processor. */
  tdur?: number;
};

const CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"];

const MICROSECONDS_PER_MS = 1_000;

/** Measures while the action goes on, in a page that draws by `requestAnimationFrame`; milliseconds a frame. */
export async function frameCosts(browser: Browser, action: () => Promise<void>): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    // The protocol leaves the events of a trace without a type.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    events.push(...(value as unknown as TraceEvent[]));
  });
  await session.send("Tracing.start", {
    traceConfig: { includedCategories: CATEGORIES },
    transferMode: "ReportEvents",
  });
  await action();
  const complete = new Promise((resolve) => {
    session.once("Tracing.tracingComplete", resolve);
  });
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return costsIn(events);
}

function costsIn(events: readonly TraceEvent[]): number[] {
  const frame = events.find(({ name }) => name === "FireAnimationFrame");
  const main = events
    .filter(({ pid, tid }) => pid === frame?.pid && tid === frame.tid)
    .toSorted((one, other) => one.ts - other.ts);
  const costs = [0];
  for (const { name, tdur = 0 } of main) {
    if (name === "FireAnimationFrame") costs.push(0);
    // All work of a thread is in its tasks, and no task is in another.
    if (name === "RunTask") costs.push((costs.pop() ?? 0) + tdur / MICROSECONDS_PER_MS);
  }
  return costs;
}
