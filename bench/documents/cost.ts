import { costOf, greatestPartOf, PARTS, totalOf, type Bill, type Times } from "../cost/cost-of.ts";
import type { EventCosts, Measurement } from "../parts/measurement.ts";
import { head, row } from "./tables.ts";

/** Which journey shows the CPU time of an event. */
const JOURNEY_OF: Readonly<Record<string, string>> = {
  "a text of a known customer": "a text of a known customer",
  "a text of a new customer": "a text of a new customer",
  "a text in a body of 10, of 10 known customers": "100 texts of 100 customers",
  "a text in a body of 100, of one known customer": "100 texts of one customer",
  "a status": "a status",
  "a status in a body of 100": "1,000 statuses",
  "a page of 50 conversations": "a list of conversations",
};

/** What an event is called that was counted with the log of changes. */
const WITH_THE_INBOX = ", with the inbox";

/** The rest is at most as much as a send, the dearest. */
const DEAREST_JOURNEY = "a send";

/** For which an object waits while a message is sent: taken for granted, since Meta alone knows. */
const META_MS = 300;

/** `docs/cost.md`. */
export function costDocument(measurement: Measurement): string {
  const { date, events } = measurement;
  const bills = events.map((event) => costOf(event, timesOf(event, measurement)));
  return `# Cost

What Cloudflare charges for a million events of each kind, in dollars, beyond what the plan includes.
The counts are those of the tests in [test/budgets](../test/budgets/events.test.ts), which hold them below their
limits; an event's after-work and alarm are counted with it. CPU time is measured (${date}, \`npm run bench\`) with the
local platform's own work in it, so it is an upper bound, and so is how long objects are busy: as long as the whole event, and
for a send ${META_MS} ms more, while Meta answers. Prices: [bench/cost/prices.ts](../bench/cost/prices.ts). What Meta
charges is not in here.

${head(["a million times", "in all", ...PARTS]).join("\n")}
${bills.map(billRow).join("\n")}

## What was counted

For one event, on average.

${countsTable(events)}

## What dominates, and what was done about it

${dominanceSentence(bills)}

- A message has two rows in D1: itself, and one in a unique index of the last digits of its id, which are a digest of
  its wamid. That index finds a message by id and by wamid, and recognises a wamid that comes again.
- A change of a conversation writes three rows: itself, and one in each of two indexes. One index has a sorted run for
  each number, status and whether unread; lists merge the runs that match.
- A conversation's indexes by phone and by BSUID carry no time, and the columns they hold are written by a
  statement of their own, only where they change: that saves two rows a message.
- The state of a conversation and the ids of its last messages are one row of the object, written once a message; older ids
  leave 48 to a row. D1's tables have no rowid, which would cost one row more for each insert.
- A message from Meta sets no alarm unless D1 fails. Any other alarm is set once for all that comes before it fires, and never
  deleted. One that finds nothing undone writes one row, its successor's.
- Bodies in which Meta batches share one D1 round trip and, of one customer, one transaction.
- What D1 does not show changes the object's state without a new version, so that nothing is written for it there.
- What changes the inbox's view adds one row to its log, for a batch of any size, and upkeep deletes it 3 days later: two rows
  a batch, $2.00 for a million texts one by one and $0.02 in bodies of a hundred. While a page is open, a batch also costs a hint to
  the feed's object, which is awake for some 70 ms and reads a handful of rows: $0.27 more, one by one. While none is open,
  an isolate gives one hint in 5 s. Each open page asks for the counts, some hundred rows, when a conversation becomes unread, read, answered,
  closed or somebody's, and for nothing else that changes. Frames are free, and a page's pings wake nobody. \`INBOX\` = \`off\` does without.
- Statuses go through a queue, which keeps them while D1 is away and lets many share one transaction. It is a third of
  what a status costs that comes alone; of those in one body a hundred share a queue message.
`;
}

function timesOf({ event, events, costs }: EventCosts, measurement: Measurement): Times {
  const { journeys, consumer } = measurement;
  const name = JOURNEY_OF[event.replace(WITH_THE_INBOX, "")] ?? DEAREST_JOURNEY;
  const journey = journeys.find((each) => each.name === name);
  if (journey === undefined) throw new Error(`no journey shows ${event}`);
  const cpuMs =
    journey.ours.cpuMsPerRequest.median / journey.eventsPerRequest +
    (costs.queueMessages > 0 ? consumer.cpuMsPerStatus : 0);
  const objectCalls = costs.objectCalls + costs.objectAlarms;
  const waitsForMeta = name === DEAREST_JOURNEY && costs.graphCalls > 0;
  return {
    cpuMs,
    // What the objects did is part of what the whole event did.
    objectMs:
      objectCalls === 0 ? 0 : cpuMs + (waitsForMeta ? (costs.graphCalls * META_MS) / events : 0),
  };
}

function billRow(bill: Bill): string {
  return row([
    bill.event,
    `**${totalOf(bill).toFixed(2)}**`,
    ...PARTS.map((part) => bill[part].toFixed(2)),
  ]);
}

function dominanceSentence(bills: readonly Bill[]): string {
  return bills
    .filter(({ event }) => /^a (?:text of a known|status$|text sent)/.test(event))
    .map((bill) => {
      const part = greatestPartOf(bill);
      const share = Math.round((100 * bill[part]) / totalOf(bill));
      return `Of what ${bill.event} costs, ${share} % is for ${part}.`;
    })
    .join("\n");
}

function countsTable(events: readonly EventCosts[]): string {
  return [
    ...head([
      "event",
      "D1 round trips",
      "D1 rows read",
      "D1 rows written",
      "object calls and alarms",
      "object rows read",
      "object rows written",
      "queue messages",
    ]),
    ...events.map((event) => {
      const { costs } = event;
      return row([
        event.event,
        average(costs.d1RoundTrips, event),
        average(costs.d1RowsRead, event),
        average(costs.d1RowsWritten, event),
        average(costs.objectCalls + costs.objectAlarms, event),
        average(costs.objectRowsRead, event),
        average(costs.objectRowsWritten, event),
        average(costs.queueMessages, event),
      ]);
    }),
  ].join("\n");
}

function average(count: number, { events }: EventCosts): string {
  return String(Number((count / events).toFixed(2)));
}
