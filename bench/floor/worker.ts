/**
 * The least that the platform asks for our main jobs, made by hand: no router, no validation, no
 * second look. It verifies, commits in one object transaction, writes one D1 batch; for statuses
 * it verifies and sends to one queue. What it does is as durable as what we do, no more is done.
 */
import { DurableObject } from "cloudflare:workers";

type FloorEnv = {
  DB: D1Database;
  CONVERSATION: DurableObjectNamespace<FloorConversation>;
  STATUS_QUEUE: Queue;
  APP_SECRET: string;
};

type Message = { id: string; from: string; timestamp: string; text: { body: string } };

type Body = {
  entry: { changes: { value: { messages?: Message[]; statuses?: object[] } }[] }[];
};

const PAGE = 50;

let key: Promise<CryptoKey> | null = null;

export class FloorConversation extends DurableObject<FloorEnv> {
  constructor(context: DurableObjectState, env: FloorEnv) {
    super(context, env);
    context.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, unread INTEGER, at INTEGER) STRICT;
       CREATE TABLE IF NOT EXISTS inbox (wamid TEXT PRIMARY KEY, payload TEXT) STRICT, WITHOUT ROWID`,
    );
  }

  receive(messages: readonly Message[]): number {
    const { sql } = this.ctx.storage;
    return this.ctx.storage.transactionSync(() => {
      let unread = 0;
      for (const message of messages) {
        sql.exec(
          "INSERT INTO inbox (wamid, payload) VALUES (?, ?) ON CONFLICT DO NOTHING",
          message.id,
          JSON.stringify(message),
        );
        unread = sql
          .exec<{ unread: number }>(
            `INSERT INTO state (id, unread, at) VALUES (1, 1, ?)
             ON CONFLICT DO UPDATE SET unread = unread + 1, at = max(at, excluded.at)
             RETURNING unread`,
            Number(message.timestamp),
          )
          .one().unread;
      }
      return unread;
    });
  }
}

export default {
  async fetch(request, env) {
    if (request.method === "GET") return list(env);
    const bytes = await request.arrayBuffer();
    if (!(await isSigned(bytes, request.headers.get("x-hub-signature-256") ?? "", env))) {
      return new Response(null, { status: 403 });
    }
    const body: Body = JSON.parse(new TextDecoder().decode(bytes));
    const values = body.entry.flatMap(({ changes }) => changes.map(({ value }) => value));
    const statuses = values.flatMap((value) => value.statuses ?? []);
    if (statuses.length > 0) {
      await env.STATUS_QUEUE.sendBatch(statuses.map((status) => ({ body: status })));
    }
    const messages = values.flatMap((value) => value.messages ?? []);
    if (messages.length > 0) await take(messages, env);
    return new Response();
  },
} satisfies ExportedHandler<FloorEnv>;

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
      `INSERT INTO conversations (id, unread, at)
       SELECT value ->> 'id', value ->> 'unread', value ->> 'at' FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET unread = excluded.unread, at = excluded.at`,
    ).bind(JSON.stringify(conversations)),
    env.DB.prepare(
      `INSERT INTO messages (id, conversation_id, at, body, payload)
       SELECT value ->> 'id', value ->> 'from', value ->> 'timestamp', value ->> '$.text.body', value
       FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
    ).bind(JSON.stringify(messages)),
  ]);
}

async function list(env: FloorEnv): Promise<Response> {
  const { results } = await env.DB.prepare(
    "SELECT * FROM conversations ORDER BY at DESC, id DESC LIMIT ?",
  )
    .bind(PAGE)
    .all();
  return Response.json({ data: results });
}
