import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import type { Audit } from "../audit/audit.ts";
import { type BuiltVersion, THIS_VERSION } from "../audit/local-worker.ts";
import type { OrderedSend } from "../audit/ledger.ts";
import type { Scene } from "../audit/scene.ts";
import { untilRush } from "../audit/until-rush.ts";
import { endRollBack, prepareRollBack } from "../migration/stored-database.ts";
import type { HeldQueue } from "./held-queue.ts";
import { ErasedPerson } from "./erased-person.ts";
import {
  answeredSends,
  deliverAgain,
  forgetSendsUnderWay,
  repeatSends,
  replayDeadLetters,
  scheduleSends,
} from "./carried-over.ts";

const POLL_MS = 20;

/** So many bodies lie in the queue when a version is replaced. */
const HELD_BODIES = 10;

/** Some of which the earlier version may not be able to read. */
const HELD_PACKS = 2;

/** Upkeep leaves a send to its request for two minutes. */
const CLAIM_STALE_MS = 3 * 60_000;

/** What an operator does with the database before the version starts, as docs/operate/deploy.md says. */
type Change = { to: BuiltVersion; prepare: () => Promise<void> | void };

/**
 * Kills the earlier version under load and lets this one take over; with `rollsBack` then the earlier one
 * again, and this one once more. Each finds what the one before it left: scheduled sends, used keys, taken webhooks, an erased person.
 */
export async function changeVersions(
  scene: Scene,
  random: SeededRandom,
  { events, rollsBack, held }: { events: number; rollsBack: boolean; held: HeldQueue },
): Promise<Audit["figures"]> {
  const { worker, ledger, deliveries, clinic } = scene;
  const earlier = worker.built;
  const current = await worker.build(
    held.under({ ...THIS_VERSION, entry: resolve(THIS_VERSION.entry) }, "this-version"),
  );
  const migrations = join(current.folder, "migrations");
  const update: Change = { to: current, prepare: () => worker.migrate() };
  const rollBack: readonly Change[] = [
    { to: earlier, prepare: () => prepareRollBack(worker.folder, migrations) },
    { to: current, prepare: () => endRollBack(worker.folder, migrations) },
  ];
  const changes = [update, ...(rollsBack ? rollBack : [])];
  const erased = await ErasedPerson.erase(scene);
  const figures = {
    "webhooks under way at a change": 0,
    "API requests under way at a change": 0,
    "statuses in the queue at a change": 0,
  };
  let beforeUpdate: readonly OrderedSend[] = [];
  for (const [place, { to, prepare }] of changes.entries()) {
    while (ledger.events < (events * (place + 1)) / (changes.length + 1)) await sleep(POLL_MS);
    await scheduleSends(scene, random);
    held.hold();
    const packs = to === earlier ? HELD_PACKS : 0;
    while (held.length < HELD_BODIES || held.packs < packs) await sleep(POLL_MS);
    await untilRush(scene, random, place % 2 === 0 ? "an_answer" : "any_moment");
    figures["webhooks under way at a change"] += deliveries.inFlight;
    figures["API requests under way at a change"] += clinic.inFlight;
    if (place === 0) beforeUpdate = answeredSends(scene);
    await worker.kill();
    if (to === earlier) forgetSendsUnderWay(scene);
    worker.become(to);
    await prepare();
    await worker.start();
    const queued = await held.release(worker.url);
    ledger.noteQueued(queued);
    figures["statuses in the queue at a change"] += queued.length;
    await erased.deliverAgain();
    await deliverAgain(scene, random);
    // The earlier version looks for keys where it put them: those used since the update are lost to it.
    await repeatSends(scene, random, to === earlier ? beforeUpdate : answeredSends(scene));
  }
  while (ledger.events < events) await sleep(POLL_MS);
  await erased.deliverAgain();
  const replayed = await replayDeadLetters(scene);
  // Sends that the earlier version left in D1 without their object.
  await worker.runCron(Date.now() + CLAIM_STALE_MS);
  return {
    ...figures,
    "dead letters replayed": replayed,
  };
}
