import type { JourneyResult, Measurement } from "../parts/measurement.ts";
import {
  consumerLine,
  head,
  journeyLines,
  JOURNEY_HEAD,
  peerTable,
  profileTable,
  row,
  withSpread,
} from "./tables.ts";

/** `docs/speed.md`. */
export function speedDocument(measurement: Measurement): string {
  const { date, processor, bundle, startUpMs, journeys, profiles, consumer, peers, lists } =
    measurement;
  return `# Speed

Measured on ${date} by \`npm run bench\` (${processor}). Medians of turns, with the least and the
greatest in brackets.

## Against the floor

Whose turn it is not stands still (\`SIGSTOP\`), and D1 and objects store in memory, so that neither this machine's
disk nor the other side's alarms are measured. The floor is a Worker made by hand for this purpose ([bench/floor](../bench/floor/worker.ts)): no router, no
validation; it verifies, commits in one object transaction, writes one D1 batch, and for statuses
sends to one queue, a hundred at a time. Its send claims the key in D1 while it asks for a slot, commits before and after
Meta is called, and writes one D1 batch; its list has the columns that ours shows. Both are hosted side by side in workerd without a proxy, and loaded in turns
with distinct signed bodies. D1, objects and queues are the local ones, so requests a second say
nothing of Cloudflare's machines; the ratio does. CPU is that of a side's workerd, the simulated
platform's included; Node, which hosts it and reads its log, is left out. The last two columns compare CPU: the floor's to
ours. Messages are marked as read when staff open them here (\`MARK_AS_READ=on_open\`), since
a call to Meta for each would measure the stand-in for Meta.

${JOURNEY_HEAD}
${row(Array.from({ length: JOURNEY_HEAD.split(" | ").length }, () => "---"))}
${journeys.map(journeyLines).join("\n")}

${consumerLine(consumer)}.

${batchSentence(journeys)}

## Where the time goes

Of the journeys with a target, by V8's profiler while one after the other is under load: our Worker and its objects, by room
of \`src/\` and by package. What the runtime does for a room's code, such as running its SQL or sending its call,
counts as that room's; what D1 and the queue do in Workers of their own is not in it. Being watched makes all of it slower,
and the log's lines, which then go to whoever watches, many times as dear.
[Where a request's time goes](where-time-goes.md) has the parts outside our code too, measured by hand.

${profileTable(profiles)}

## CPU time of a webhook, by how much it tells

${cpuTable(journeys)}

## Against other libraries

Verify, parse and dispatch of one body in Node: CPU time, WebCrypto's threads included. Paloma and
whatsapp-api-js verify by WebCrypto, as Workers do; @kapso/whatsapp-cloud-api by \`node:crypto\`, which in Node costs
less. The last column is without any of that.

${peerTable(peers)}

## Size and start

The bundle has ${bundle}. Loading it takes ${withSpread(startUpMs, 0)} ms of CPU in Node's V8;
Cloudflare allows a second.

## Rows read by lists

A page of 50, with ${lists[0]?.conversations.toLocaleString("en") ?? "no"} conversations and ${lists[0]?.messages.toLocaleString("en") ?? "no"} messages in D1. The limit is 150.

${head(["list", "rows read"]).join("\n")}
${lists.map(({ list, rowsRead }) => row([list, String(rowsRead)])).join("\n")}
`;
}

/** Of one request, and of each update in it. */
function cpuTable(journeys: readonly JourneyResult[]): string {
  const told = journeys.filter(({ name }) => /text|status/.test(name));
  return [
    ...head(["a webhook with", "CPU ms", "CPU ms an update", "the floor's CPU ms"]),
    ...told.map(({ name, eventsPerRequest, ours, floor }) =>
      row([
        name,
        withSpread(ours.cpuMsPerRequest, 2),
        (ours.cpuMsPerRequest.median / eventsPerRequest).toFixed(2),
        withSpread(floor.cpuMsPerRequest, 2),
      ]),
    ),
  ].join("\n");
}

function batchSentence(journeys: readonly JourneyResult[]): string {
  const rate = (name: string): number => {
    const found = journeys.find((journey) => journey.name === name);
    return found === undefined
      ? Number.NaN
      : found.ours.requestsPerSecond.median * found.eventsPerRequest;
  };
  const single = rate("a text of a known customer");
  const ofHundred = (rate("100 texts of 100 customers") / single).toFixed(1);
  const ofOne = (rate("100 texts of one customer") / single).toFixed(1);
  return `Texts a second in bodies of 100, to those in bodies of one: ${ofHundred} times where they are of 100 customers
(target ≥ 3), ${ofOne} times where they are of one (target ≥ 10).`;
}
