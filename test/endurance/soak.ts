/**
 * `npm run soak`: customers write, staff read, reply and close, systems remind, and Meta shows all
 * its bad habits; in the end every count must be right. Exits with 1 if anything is off.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { printFailure } from "../../scripts/client/print-failure.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { anySeed, rehearse } from "./audit/rehearse.ts";
import { addTrouble } from "./soak/trouble.ts";

const MINUTE_MS = 60_000;

/** A send refused for pace twice comes back after 16 seconds and more. */
const STILL_MS = 2 * MINUTE_MS;

/** Slow enough that few sends meet Meta's pair rate. */
const PAUSE_MS = 400;
const PEOPLE = 120;
const MESSAGES_PER_SECOND = 80;

const LOSS_SHARE = 0.03;

try {
  const { minutes, seed } = readNumbers(process.argv.slice(2), { minutes: 2, seed: anySeed() });
  let isOver = false;
  await rehearse({
    seed,
    people: PEOPLE,
    pauseMs: PAUSE_MS,
    lossShare: LOSS_SHARE,
    messagesPerSecond: MESSAGES_PER_SECOND,
    stillMs: STILL_MS,
    goesOn: () => !isOver,
    async trouble({ simulator }) {
      addTrouble(simulator);
      await sleep(minutes * MINUTE_MS);
      isOver = true;
      // What still waits is to be sent, not to be refused once more.
      simulator.rules.clear();
      return { minutes };
    },
    // Nothing dies here, so every status must be found.
    statusesSince: () => 0,
  });
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();
