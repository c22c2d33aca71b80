/**
 * `npm run drill`: loads the Worker, kills it again and again while requests are under way, and
 * compares all that was acknowledged with what is stored. Then it kills, stops and starves a Worker
 * with a long queue, at several paces. Exits with 1 if anything is off; 0 `--events` or `--seconds`
 * leave the one or the other out.
 */
import { printFailure } from "../../scripts/client/print-failure.ts";
import { onStopSignal } from "../../scripts/start/stop-signal.ts";
import { readNumbers } from "./audit/read-numbers.ts";
import { anySeed, rehearse } from "./audit/rehearse.ts";
import { drillQueues } from "./drill/drill-queues.ts";
import { killAgainAndAgain } from "./drill/kill-again-and-again.ts";

/** Longer than any wait of a message here. */
const STILL_MS = 60_000;
const PAUSE_MS = 10;

/** Calls to Meta take so long, so that kills fall into them. */
const CALL_MS = 40;
const SLOW_CALL_SHARE = 0.5;

/** How often each customer is concerned, on two business numbers. */
const EVENTS_A_PERSON = 30;

/** More than can come: the pace of sending is not what is drilled. */
const MESSAGES_PER_SECOND = 1000;

try {
  const { events, kills, seed, seconds } = readNumbers(process.argv.slice(2), {
    events: 5000,
    kills: 6,
    seed: anySeed(),
    seconds: 30,
  });
  if (events > 0)
    await rehearse({
      seed,
      people: Math.ceil(events / EVENTS_A_PERSON),
      pauseMs: PAUSE_MS,
      lossShare: 0,
      messagesPerSecond: MESSAGES_PER_SECOND,
      stillMs: STILL_MS,
      goesOn: (ledger) => ledger.events < events,
      trouble(scene, random) {
        scene.simulator.rules.add({
          match: { probability: SLOW_CALL_SHARE },
          effect: { kind: "delay", milliseconds: CALL_MS },
        });
        return killAgainAndAgain(scene, random, { kills, events });
      },
      // The local queue lives in memory: what was in it died with the last kill.
      statusesSince: ({ worker }) => worker.upSince,
    });
  // The rehearsal listens for the signal and no longer answers it. What this process started ends with it.
  onStopSignal(() => process.exit(1));
  if (seconds > 0 && !(await drillQueues({ seconds }))) process.exitCode = 1;
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}
process.exit();
