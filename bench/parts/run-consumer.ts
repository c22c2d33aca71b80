/** Our consumer of statuses, called directly: the local queue broker is not the subject. */
import { type MessageStatus, STATUS_BODY_VERSION } from "../../src/store/message-status.ts";
import { packStatuses } from "../../src/webhook/status-pack.ts";
import { BUSINESS_NUMBER } from "../clinic.ts";
import type { Pace } from "../pace.ts";
import { startedCpuMs } from "../processes/process-tree.ts";
import { spreadOf } from "../statistics.ts";
import type { Host } from "./hosts.ts";
import type { ConsumerResult } from "./measurement.ts";

/** What a queue hands over at once where Meta's bodies are full: 10 messages of 100 statuses. */
const BATCH = 1000;

/** Cloudflare runs several consumers of a queue at a time, too. */
const AT_ONCE = 4;

/** Meta's statuses of an ordinary message, in Meta's order. */
const STATUSES = ["sent", "delivered", "read"] as const;

const SECOND_MS = 1000;
const MESSAGES_A_TURN = 8000;

export async function runConsumer(
  { child }: Host,
  queue: string,
  pace: Pace,
): Promise<ConsumerResult> {
  const perSecond: number[] = [];
  const cpuPerStatus: number[] = [];
  for (let round = 0; round <= pace.rounds; round += 1) {
    await child.ask({ kind: "execute", statements: sentMessages(round) });
    const batches = batchesOf(round).values();
    const before = startedCpuMs(child.pid);
    const start = performance.now();
    const end = start + pace.turnSeconds * SECOND_MS;
    let applied = 0;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (performance.now() < end) {
          const { value: statuses, done } = batches.next();
          if (done === true) return;
          const bodies = packStatuses(statuses).bodies.map(({ body }) => body);
          await child.ask({ kind: "consume", queue, bodies });
          applied += statuses.length;
        }
      }),
    );
    // The first round fills caches and is not counted.
    if (round === 0) continue;
    perSecond.push((applied * SECOND_MS) / (performance.now() - start));
    cpuPerStatus.push((startedCpuMs(child.pid) - before) / applied);
  }
  return {
    statusesPerSecond: spreadOf(perSecond),
    cpuMsPerStatus: spreadOf(cpuPerStatus).median,
  };
}

/** Rows of messages that Meta took. */
function sentMessages(round: number): string[] {
  return [
    `WITH RECURSIVE numbers (n) AS (
       SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${MESSAGES_A_TURN})
     INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, wamid, body,
       payload, state, created_at)
     SELECT printf('msg_%012x%08d%012d', ${Date.now()}, ${round}, n), 'bench-' || (n % 1000),
       '${BUSINESS_NUMBER}', 'outbound', 'text', '${wamidOf(round, "")}' || n, 'Hola',
       '{"type":"text","text":{"body":"Hola"}}', 'accepted', ${Date.now()}
     FROM numbers`,
  ];
}

function batchesOf(round: number): MessageStatus[][] {
  const now = Date.now();
  const statuses = STATUSES.flatMap((status) =>
    Array.from({ length: MESSAGES_A_TURN }, (_, number): MessageStatus => {
      const wamid = wamidOf(round, number);
      return {
        version: STATUS_BODY_VERSION,
        phone_number_id: BUSINESS_NUMBER,
        wamid,
        status,
        participant: "",
        at: now,
        received_at: now,
        message_id: null,
        payload: JSON.stringify({
          id: wamid,
          status,
          timestamp: String(Math.floor(now / SECOND_MS)),
          recipient_id: "5219982220001",
          pricing: { billable: true, pricing_model: "PMP", category: "utility", type: "regular" },
        }),
      };
    }),
  );
  return Array.from({ length: statuses.length / BATCH }, (_, batch) =>
    statuses.slice(batch * BATCH, (batch + 1) * BATCH),
  );
}

function wamidOf(round: number, number: number | ""): string {
  return `wamid.HBgNNTIxOTk4MjIyMDAwMRUCABEYEjNBMUY2.${round}.${number}`;
}
