import type { EventCosts, Measurement } from "../parts/measurement.ts";
import { greatestRate } from "../scale/simulate-database.ts";
import {
  D1_BYTES,
  META_ANSWER_MS,
  OBJECT_REQUESTS_PER_SECOND,
  QUEUE_MESSAGES_PER_SECOND,
  SECONDS_PER_DAY,
  STATUSES_PER_MESSAGE,
  SUBREQUESTS,
  UPDATES_PER_BODY,
} from "../scale/platform-limits.ts";
import { head, row } from "./tables.ts";

const BATCH = 100;

/** `docs/scale.md`. */
export function scaleDocument({ date, sql, events, consumer }: Measurement): string {
  const single = greatestRate(sql.textMs.median, META_ANSWER_MS);
  const batched = greatestRate(sql.hundredTextsMs.median, META_ANSWER_MS) * BATCH;
  const statuses = greatestRate(sql.hundredStatusesMs.median, META_ANSWER_MS) * BATCH;
  const sendsByStatuses = statuses / STATUSES_PER_MESSAGE;
  const queueSends = QUEUE_MESSAGES_PER_SECOND / STATUSES_PER_MESSAGE;
  const text = countsOf(events, "a text of a known customer");
  const callsPerText = text.costs.objectCalls;
  const fullBody = UPDATES_PER_BODY * callsPerText + UPDATES_PER_BODY + 1;
  const millions = Math.floor(D1_BYTES / sql.bytesPerMessage / 1e6);
  return `# Scale

Where the first limit stands, by the counts of [cost.md](cost.md), and the way past each. Measured on ${date} by
\`npm run bench\`; the platform's own limits are in
[bench/scale/platform-limits.ts](../bench/scale/platform-limits.ts).

${head(["limit", "in messages a second", "a day", "number behind it"]).join("\n")}
${[
  limit(
    "One D1, texts in bodies of one",
    single,
    `${sql.textMs.median.toFixed(2)} ms of SQLite for one batch`,
  ),
  limit(
    "One D1, texts in bodies of 100",
    batched,
    `${sql.hundredTextsMs.median.toFixed(1)} ms for a hundred`,
  ),
  limit(
    "One D1, sends, by their statuses alone",
    sendsByStatuses,
    `${sql.hundredStatusesMs.median.toFixed(1)} ms for a hundred statuses, ${STATUSES_PER_MESSAGE} a message`,
  ),
  limit(
    "One status queue, sends whose statuses come alone",
    queueSends,
    `${QUEUE_MESSAGES_PER_SECOND.toLocaleString("en")} messages a second a queue`,
  ),
  limit(
    "One conversation's object, texts of one person",
    OBJECT_REQUESTS_PER_SECOND / callsPerText,
    `calls for a text: ${callsPerText}, of ${OBJECT_REQUESTS_PER_SECOND.toLocaleString("en")} a second an object`,
  ),
].join("\n")}

The rates of D1 are simulated: calls that come at random, one thread, and the measured time for each;
given is the rate at which 99 % are through within ${META_ANSWER_MS} ms, which Meta asks of a webhook
([simulate-database.ts](../bench/scale/simulate-database.ts)). SQLite was timed on this machine with
${sql.messages.toLocaleString("en")} messages in ${sql.conversations.toLocaleString("en")} conversations, without the network and without D1's replication: take a
third of it until you have measured your own. Our whole consumer applied ${Math.round(consumer.statusesPerSecond.median).toLocaleString("en")} statuses a second here.

## One D1

With that third it comes first. Two numbers matter: the rate above, and its 10 GB: at ${Math.round(sql.bytesPerMessage).toLocaleString("en")} bytes a message with its indexes
that is about ${millions} million messages.

Of those bytes, the 64 hex digits of a conversation's id take 128 and more: they stand in the row's key and in the index
of ids. With the id's 32 bytes as a BLOB a message would take 658 bytes, in base64url (43 characters) 742, and with
an integer in its place 604 (measured in the same way, 803 bytes with the digits). None of them is done: the version
before writes the digits into a column of type TEXT, and would write rows that no look-up of the new version finds.
It takes two deploys, the first of which reads both.

1. **Reads** go to replicas (\`withSession\`): lists and look-ups may be a moment old already, since the
   projection follows the object. This takes everything but writes off the one thread.
2. **Writes** are sharded by business number: no statement joins rows of two numbers, every key that Meta makes
   (\`wamid\`) is looked up together with its number, and an object knows its number. What would have to
   change is where a binding is chosen, \`createDatabase\`, and the lists without a filter by number, which would merge the sorted runs
   of each shard as they merge those of each number now. A number has 80 messages a second from Meta, up to 1,000: far below the limit of one D1 in the first case.
3. **One number that fills a D1**: shard by conversation id, which every row of a message carries; a look-up by wamid then asks all shards.

## The queue

Past ${Math.round(queueSends).toLocaleString("en")} sends a second, a status queue for each business number, as with D1: a status carries its number.
Where Meta's bodies are full, it carries up to 100 times as many.

## Objects

One person's object is no limit: nobody writes ${Math.round(OBJECT_REQUESTS_PER_SECOND / callsPerText)} messages a second, and Meta lets us answer one person once in six
seconds. Objects have no limit in number.

## Subrequests

A body with ${UPDATES_PER_BODY.toLocaleString("en")} texts of as many customers, the most that Meta sends, makes ${fullBody.toLocaleString("en")} subrequests with marking each as read:
${Math.round((100 * fullBody) / SUBREQUESTS)} % of the ${SUBREQUESTS.toLocaleString("en")} that an invocation has. With \`MARK_AS_READ=on_open\` it is a third less.
`;
}

function limit(name: string, perSecond: number, behind: string): string {
  return row([
    name,
    Math.round(perSecond).toLocaleString("en"),
    `${((perSecond * SECONDS_PER_DAY) / 1e6).toFixed(0)} million`,
    behind,
  ]);
}

function countsOf(events: readonly EventCosts[], name: string): EventCosts {
  const found = events.find(({ event }) => event === name);
  if (found === undefined) throw new Error(`nothing counts ${name}`);
  return found;
}
