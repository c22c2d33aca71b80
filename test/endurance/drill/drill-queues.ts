import { freePort } from "../audit/free-port.ts";
import { startLocalMeta } from "../audit/local-meta.ts";
import { LocalWorker } from "../audit/local-worker.ts";
import { drillQueue, type QueueRun } from "./drill-queue.ts";
import type { QueueTrouble } from "./queue-troubles.ts";

/** Slow, Meta's own, and the fastest that Meta allows. */
const RATES_PER_SECOND = [7, 80, 1000];

/** More than the local Worker can handle in the time: the queue is what is drilled. */
const MOST_MESSAGES = 1200;

/** A busy machine holds messages back for longer than a network does, and Meta's process as well. */
const MACHINE_SHARE = 1.25;

/** It does so for some all the same; of a burst, Meta would refuse most. */
const TOLERATED_REFUSALS_SHARE = 0.02;

/** Where more ends unconfirmed, the run says nothing of a queue. */
const LEAST_SENT_SHARE = 0.5;

const FIRST_CUSTOMER = 9_983_330_000;

/** Each trouble at each pace, in the middle of a queue of so many seconds; false if anything is off. */
export async function drillQueues({
  seconds,
  rates = RATES_PER_SECOND,
}: {
  seconds: number;
  rates?: readonly number[];
}): Promise<boolean> {
  let isClean = true;
  for (const perSecond of rates) {
    const port = await freePort();
    const meta = await startLocalMeta({
      webhookUrl: `http://localhost:${port}/webhook`,
      deliver: (request) => fetch(request),
      randomSeed: perSecond,
      messagesPerSecond: Math.ceil(MACHINE_SHARE * perSecond),
    });
    const settings = { MESSAGES_PER_SECOND: String(perSecond) };
    const worker = new LocalWorker(port, meta.url, { settings });
    let firstCustomer = FIRST_CUSTOMER;
    try {
      await worker.prepare();
      await worker.start();
      const messages = Math.min(seconds * perSecond, MOST_MESSAGES);
      for (const trouble of TROUBLES) {
        const place = { worker, simulator: meta.simulator, firstCustomer };
        const run = await drillQueue(place, { perSecond, trouble, messages });
        isClean = report(run) && isClean;
        firstCustomer += messages;
        // What is left of this queue would stand before the next one.
        if (run.left > 0) break;
      }
    } finally {
      meta.stop();
      await worker.stop();
    }
    if (isClean) worker.discard();
    else console.error(`What is left of it: ${worker.folder}`);
  }
  return isClean;
}

const TROUBLES: readonly QueueTrouble[] = ["kill", "standstill", "contention"];

/** Prints a run; false if anything is off. */
function report(run: QueueRun): boolean {
  const isPaced =
    run.trouble === "contention" || run.refusals <= TOLERATED_REFUSALS_SHARE * run.messages;
  const isSent = run.left === 0 && run.sent >= LEAST_SENT_SHARE * run.messages;
  const isClean = isSent && run.doubled === 0 && isPaced;
  console.log(
    `${isClean ? "ok    " : "FAILED"} ${run.perSecond} a second, ${run.trouble}: ` +
      `${run.sent} of ${run.messages} sent, ${run.doubled} twice, ${run.unconfirmed} unconfirmed, ` +
      `${run.refusals} refused as too fast, ` +
      `${run.seconds.toFixed(1)} s of ${run.secondsAllowed.toFixed(1)} s`,
  );
  return isClean;
}
