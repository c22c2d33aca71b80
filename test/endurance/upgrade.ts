/**
 * `npm run upgrade -- FOLDER`: a checkout of an earlier version in that folder runs under load. It is
 * killed, and this version takes over what it stored. A second run goes on: the earlier version again, as
 * after a roll-back, then this one. All that was acknowledged is compared with what is stored. Exits with 1
 * if anything is off, but for what docs/operate/deploy.md says that a roll-back loses.
 */
import { PlainError } from "../../scripts/client/plain-error.ts";
import { printFailure } from "../../scripts/client/print-failure.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { versionIn } from "./audit/local-worker.ts";
import { anySeed, rehearse } from "./audit/rehearse.ts";
import { HeldQueue } from "./upgrade/held-queue.ts";
import { changeVersions } from "./upgrade/change-versions.ts";

/** Longer than any wait of a message here. */
const STILL_MS = 90_000;
const PAUSE_MS = 50;

/** Calls to Meta take so long, so that kills fall into them. */
const CALL_MS = 40;
const SLOW_CALL_SHARE = 0.5;

/**
 * The load lasts as long as the changes take, some 2000 sends. Meta takes 45 at once for one customer on each of
 * two numbers, then one in 6 seconds: with fewer people the drill waits for that pace alone.
 */
const PEOPLE = 50;

/** More than can come: the pace of sending is not what is drilled. */
const MESSAGES_PER_SECOND = 1000;

try {
  const [earlier, ...options] = process.argv.slice(2);
  if (earlier === undefined || earlier.startsWith("-")) {
    throw new PlainError("Name the folder of an earlier version's checkout.");
  }
  const { events, people, seed } = readNumbers(options, {
    events: 1000,
    people: PEOPLE,
    seed: anySeed(),
  });
  for (const rollsBack of [false, true]) {
    console.log(rollsBack ? "\nUpdate, roll-back, update:\n" : "\nUpdate:\n");
    let isOver = false;
    const held = await HeldQueue.start();
    await rehearse({
      seed,
      version: held.under(versionIn(earlier), "earlier-version"),
      people,
      pauseMs: PAUSE_MS,
      lossShare: 0,
      messagesPerSecond: MESSAGES_PER_SECOND,
      stillMs: STILL_MS,
      goesOn: () => !isOver,
      async trouble(scene, random) {
        scene.simulator.rules.add({
          match: { probability: SLOW_CALL_SHARE },
          effect: { kind: "delay", milliseconds: CALL_MS },
        });
        const figures = await changeVersions(scene, random, { events, rollsBack, held });
        isOver = true;
        return figures;
      },
      // The local queue lives in memory: what was in it, and not held, died with the last kill.
      statusesSince: ({ worker }) => worker.upSince,
      // The version before does not keep what this one remembers of messages.
      costs: rollsBack ? ["unread"] : [],
    });
    held.stop();
  }
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();
