/**
 * `npm run delivery`: a subscriber in a process of its own, written with the Standard Webhooks
 * library alone, is killed and restarted again and again while events happen; then what it received
 * is compared with the events that had to come. Exits with 1 if anything is missing. The Worker is killed
 * too: its queues live in memory on this machine, so what they hold dies with it and is counted. Every
 * other event must come.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../scripts/client/eventually.ts";
import { createJsonClient } from "../../scripts/client/json-client.ts";
import { printFailure } from "../../scripts/client/print-failure.ts";
import { onStopSignal } from "../../scripts/start/stop-signal.ts";
import { freePort } from "./audit/free-port.ts";
import { API_TOKEN } from "./audit/local-clinic.ts";
import { startLocalMeta } from "./audit/local-meta.ts";
import { LocalWorker } from "./audit/local-worker.ts";
import { PatientClient } from "./audit/patient-client.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { auditEvents } from "./delivery/audit-events.ts";
import { playBusinessDay } from "./delivery/business-day.ts";
import { QueueWitness } from "./delivery/queue-witness.ts";
import { SubscriberProcess } from "./delivery/subscriber-process.ts";

/** Longer than the longest wait of an event that was tried in vain a few times. */
const SETTLE_MS = 240_000;

/** How long the subscriber is away each time. */
const AWAY_MS = 2000;

const POLL_MS = 20;

/** The Worker, and beside it who reports what its queues take. */
const WITNESSED_WORKER = "test/endurance/delivery/witnessed-worker.js";

try {
  process.exitCode = await run();
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();

async function run(): Promise<number> {
  const { events, kills, crashes, customers } = readNumbers(process.argv.slice(2), {
    events: 2000,
    kills: 5,
    crashes: 3,
    customers: 40,
  });
  const subscriber = await SubscriberProcess.start();
  const witness = await QueueWitness.start();
  const port = await freePort();
  const meta = await startLocalMeta({
    webhookUrl: `http://localhost:${port}/webhook`,
    deliver: fetch,
    randomSeed: 1,
    messagesPerSecond: 1000,
  });
  const worker = new LocalWorker(port, meta.url, {
    settings: { EVENT_SUBSCRIBERS: subscriber.setting, QUEUE_WITNESS: witness.url },
    entry: WITNESSED_WORKER,
  });
  const stopped = new Promise<never>((_, reject) => {
    onStopSignal(() => reject(new Error("Stopped.")));
  });
  try {
    return await Promise.race([drill(), stopped]);
  } finally {
    meta.stop();
    witness.stop();
    await Promise.all([worker.stop(), subscriber.kill()]);
    worker.discard();
  }

  async function drill(): Promise<number> {
    await worker.prepare();
    await worker.start();
    const api = new PatientClient(createJsonClient(worker.url, API_TOKEN));
    const crashedAt: number[] = [];
    const killing = spread(kills, events, subscriber, async () => {
      await subscriber.kill();
      await sleep(AWAY_MS);
      await subscriber.start();
    });
    const crashing = spread(crashes, events, subscriber, async () => {
      await worker.kill();
      crashedAt.push(Date.now());
      await worker.start();
    });
    const written = await playBusinessDay(
      meta.simulator,
      api,
      customers,
      () => countReceived(subscriber) < events,
    );
    await Promise.all([killing, crashing]);
    const { figures, findings } = await eventually(
      () => auditEvents(api, subscriber, witness.lostBy(crashedAt)),
      (audit) => audit.findings.length === 0,
      SETTLE_MS,
    );
    const all = {
      "times the subscriber was killed": kills,
      "times the Worker was killed": crashes,
      "messages written by customers": written,
      ...figures,
    };
    for (const [name, figure] of Object.entries(all)) {
      console.log(`${String(figure).padStart(7)}  ${name}`);
    }
    console.log(`${String(findings.length).padStart(7)}  findings`);
    for (const finding of findings.slice(0, 20)) console.error(finding);
    return findings.length === 0 ? 0 : 1;
  }
}

/** How many different events the subscriber has received. */
function countReceived({ received }: SubscriberProcess): number {
  return new Set(received.map(({ id }) => id)).size;
}

/** Does it again and again, spread over all that is to come. */
async function spread(
  times: number,
  events: number,
  subscriber: SubscriberProcess,
  act: () => Promise<void>,
): Promise<void> {
  for (let time = 1; time <= times; time += 1) {
    while (countReceived(subscriber) < (events * time) / (times + 1)) await sleep(POLL_MS);
    await act();
  }
}
