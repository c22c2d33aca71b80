/**
 * The least that the platform asks for our main jobs, made by hand: no router, no validation, no
 * second look. It verifies, commits in one object transaction, writes one D1 batch; for statuses
 * it verifies and sends to one queue; a send is committed before Meta is called and after. What it
 * does is as durable as what we do, no more is done. `?slot=no` leaves out what keeps the pace of a number;
 * `?also=` adds to a send, one by one, what our invariants ask (`parts.ts`).
 */
import { LISTED_COLUMNS } from "../../src/store/listed-conversation.ts";
import type { FloorEnv } from "./environment.ts";
import type { Message } from "./message.ts";
import { ourAnswer } from "./our-rows.ts";
import { partsOf } from "./parts.ts";

export { FloorConversation } from "./conversation.ts";
export { FloorNumber } from "./number.ts";

type Body = {
  entry: { changes: { value: { messages?: Message[]; statuses?: object[] } }[] }[];
};

const PAGE = 50;

/** A queue takes so many messages at once, of 256 KB in all: a status has less than 1 KB. */
const QUEUE_BATCH = 100;

const NUMBER = "106540352242922";

let key: Promise<CryptoKey> | null = null;

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (request.method === "GET") return list(request, env);
    return url.pathname === "/webhook" ? receive(request, env) : send(request, url, env);
  },
} satisfies ExportedHandler<FloorEnv>;

async function receive(request: Request, env: FloorEnv): Promise<Response> {
  const bytes = await request.arrayBuffer();
  if (!(await isSigned(bytes, request.headers.get("x-hub-signature-256") ?? "", env))) {
    return new Response(null, { status: 403 });
  }
  const body: Body = JSON.parse(new TextDecoder().decode(bytes));
  const values = body.entry.flatMap(({ changes }) => changes.map(({ value }) => value));
  await queueStatuses(
    values.flatMap((value) => value.statuses ?? []),
    env,
  );
  const messages = values.flatMap((value) => value.messages ?? []);
  if (messages.length > 0) await take(messages, env);
  return new Response();
}

async function isSigned(body: ArrayBuffer, header: string, env: FloorEnv): Promise<boolean> {
  key ??= crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(env.APP_SECRET),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  const signature = Uint8Array.fromHex(header.slice("sha256=".length));
  return crypto.subtle.verify("HMAC", await key, signature, body);
}

async function queueStatuses(statuses: readonly object[], env: FloorEnv): Promise<void> {
  const batches: object[][] = [];
  for (let first = 0; first < statuses.length; first += QUEUE_BATCH) {
    batches.push(statuses.slice(first, first + QUEUE_BATCH));
  }
  await Promise.all(
    batches.map((batch) => env.STATUS_QUEUE.sendBatch(batch.map((body) => ({ body })))),
  );
}

async function take(messages: readonly Message[], env: FloorEnv): Promise<void> {
  const byCustomer = Map.groupBy(messages, ({ from }) => from);
  const conversations = await Promise.all(
    [...byCustomer].map(async ([from, group]) => ({
      id: from,
      unread: await env.CONVERSATION.getByName(from).receive(group),
      at: Number(group.at(-1)?.timestamp),
    })),
  );
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO floor_conversations (id, unread, at)
       SELECT value ->> 'id', value ->> 'unread', value ->> 'at' FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET unread = excluded.unread, at = excluded.at`,
    ).bind(JSON.stringify(conversations)),
    env.DB.prepare(
      `INSERT INTO floor_messages (id, conversation_id, at, body, payload)
       SELECT value ->> 'id', value ->> 'from', value ->> 'timestamp', value ->> '$.text.body', value
       FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
    ).bind(JSON.stringify(messages)),
  ]);
}

async function send(request: Request, url: URL, env: FloorEnv): Promise<Response> {
  if (!isCaller(request, env)) return new Response(null, { status: 401 });
  const body: { to: string; text: { body: string } } = await request.json();
  const idempotencyKey = request.headers.get("idempotency-key");
  const also = partsOf(url);
  const sent = await env.CONVERSATION.getByName(body.to.slice(1)).send({
    id: `msg_${crypto.randomUUID().replaceAll("-", "")}`,
    to: body.to,
    body: body.text.body,
    number: NUMBER,
    key: idempotencyKey === null ? null : { key: idempotencyKey, hash: JSON.stringify(body) },
    takesSlot: url.searchParams.get("slot") !== "no",
    also,
  });
  if (also.includes("log")) console.info(JSON.stringify({ event: "request", path: url.pathname }));
  // The load repeats a request whose connection was closed: it was sent.
  if (sent === null) return new Response();
  return Response.json(typeof sent === "string" ? { wamid: sent } : ourAnswer(sent, body), {
    status: 201,
  });
}

async function list(request: Request, env: FloorEnv): Promise<Response> {
  if (!isCaller(request, env)) return new Response(null, { status: 401 });
  const { results } = await env.DB.prepare(
    `SELECT ${LISTED_COLUMNS} FROM listed ORDER BY last_message_at DESC, id DESC LIMIT ?`,
  )
    .bind(PAGE)
    .all();
  return Response.json({ data: results });
}

function isCaller(request: Request, env: FloorEnv): boolean {
  return request.headers.get("authorization") === `Bearer ${env.API_TOKEN}`;
}
