/** What drills and soaks have in common: the servers, the actors, the wait and the audit. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createJsonClient } from "../../../scripts/client/json-client.ts";
import { onStopSignal } from "../../../scripts/start/stop-signal.ts";
import { seededRandom, type SeededRandom } from "../../../simulator/seeded-random.ts";
import { audit, type Audit } from "./audit.ts";
import { letCustomersWrite } from "./customer-traffic.ts";
import { Deliveries } from "./deliveries.ts";
import type { Finding, FindingKind } from "./finding.ts";
import { freePort } from "./free-port.ts";
import { Ledger } from "./ledger.ts";
import { API_TOKEN } from "./local-clinic.ts";
import { startLocalMeta } from "./local-meta.ts";
import { LocalWorker, type Version } from "./local-worker.ts";
import { OpenPage } from "./open-page.ts";
import { PatientClient } from "./patient-client.ts";
import { createPeople } from "./people.ts";
import { printAudit } from "./print-audit.ts";
import { sendReminders } from "./reminder-traffic.ts";
import type { Scene } from "./scene.ts";
import { settledAudit } from "./settled-audit.ts";
import { letStaffWork } from "./staff-traffic.ts";

const REMINDER_SYSTEMS = 8;
const STAFF = 6;

const SECOND_MS = 1000;

/** How long Meta's last webhooks may take, redeliveries included. */
const QUIET_MS = 120_000;

export type Rehearsal = {
  seed: number;
  /** The version that runs first; absent = this one. */
  version?: Version;
  people: number;
  /** Longest pause of an actor between two of its acts. */
  pauseMs: number;
  /** Share of webhooks, and of their answers, that get lost. */
  lossShare: number;
  messagesPerSecond: number;
  goesOn: (ledger: Ledger) => boolean;
  /** What makes it hard, from the beginning until enough has happened; resolves with its figures. */
  trouble: (scene: Scene, random: SeededRandom) => Promise<Audit["figures"]>;
  /** How long nothing may have moved before what is found wrong is the last word. */
  stillMs: number;
  /** Unix milliseconds: statuses acknowledged earlier need not be found. */
  statusesSince: (scene: Scene) => number;
  /** Findings that the trouble is known to cost: they are counted and not held against it. */
  costs?: readonly FindingKind[];
};

/** A seed for who did not choose one. */
export function anySeed(): number {
  return randomInt(1_000_000);
}

/** Plays it and prints the figures; a finding sets the exit code. */
export async function rehearse(rehearsal: Rehearsal): Promise<void> {
  const random = seededRandom(rehearsal.seed);
  const port = await freePort();
  const deliveries = new Deliveries(nextRandom(random), rehearsal.lossShare);
  const meta = await startLocalMeta({
    webhookUrl: `http://localhost:${port}/webhook`,
    deliver: deliveries.deliver,
    randomSeed: rehearsal.seed,
    messagesPerSecond: rehearsal.messagesPerSecond,
  });
  const worker = new LocalWorker(port, meta.url, rehearsal.version);
  const stopped = new Promise<never>((_, reject) => {
    onStopSignal(() => reject(new Error("Stopped.")));
  });
  const ledger = new Ledger();
  const people = createPeople(meta.simulator, rehearsal.people);
  const scene: Scene = {
    simulator: meta.simulator,
    worker,
    deliveries,
    clinic: new PatientClient(createJsonClient(worker.url, API_TOKEN)),
    people,
    ledger,
    page: new OpenPage(worker.url, people),
    goesOn: () => rehearsal.goesOn(ledger),
    pauseMs: rehearsal.pauseMs,
  };
  let isClean = false;
  try {
    isClean = await Promise.race([play(rehearsal, scene, random), stopped]);
  } finally {
    meta.stop();
    await worker.stop();
    if (isClean) worker.discard();
    else console.error(`\nSeed ${rehearsal.seed}. What is left of it: ${worker.folder}`);
  }
  if (!isClean) process.exitCode = 1;
}

async function play(rehearsal: Rehearsal, scene: Scene, random: SeededRandom): Promise<boolean> {
  await scene.worker.prepare();
  await scene.worker.start();
  // From the first message on, what it shows comes from the log. An earlier version may have no inbox.
  await scene.page.look();
  const startedAt = Date.now();
  const [troubleFigures] = await Promise.all([
    rehearsal.trouble(scene, nextRandom(random)),
    letCustomersWrite(scene, nextRandom(random)),
    scene.page.follow(scene.goesOn),
    ...times(REMINDER_SYSTEMS, () => sendReminders(scene, nextRandom(random))),
    ...times(STAFF, () => letStaffWork(scene, nextRandom(random))),
  ]);
  const loadedAt = Date.now();
  await meanwhileFollow(scene, Promise.race([scene.simulator.idle(), sleep(QUIET_MS)]));
  const { costs = [] } = rehearsal;
  const isHeldAgainst = ({ kind }: Finding): boolean => !costs.includes(kind);
  const result = await settledAudit(
    () => audit(scene, rehearsal.statusesSince(scene)),
    ({ findings }) => !findings.some(isHeldAgainst),
    rehearsal.stillMs,
  );
  printAudit({
    figures: {
      seed: rehearsal.seed,
      "seconds of load": wholeSeconds(loadedAt - startedAt),
      "seconds until it had settled": wholeSeconds(Date.now() - loadedAt),
      ...troubleFigures,
      ...result.figures,
    },
    findings: result.findings,
  });
  return !result.findings.some(isHeldAgainst);
}

/** The page stays open: with too much at once it would load everything, and differ from nothing. */
async function meanwhileFollow({ page }: Scene, wait: Promise<unknown>): Promise<void> {
  let isOver = false;
  const following = page.follow(() => !isOver);
  await wait;
  isOver = true;
  await following;
}

function wholeSeconds(milliseconds: number): number {
  return Math.round(milliseconds / SECOND_MS);
}

/** An actor's own chance, so that no actor's turns depend on another's. */
function nextRandom(random: SeededRandom): SeededRandom {
  return seededRandom(random.below(2 ** 31));
}

function times<Result>(count: number, make: () => Result): Result[] {
  return Array.from({ length: count }, make);
}
