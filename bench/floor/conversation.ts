/** The floor's object of one conversation: what it takes and what it sends stands in its storage first. */
import { DurableObject } from "cloudflare:workers";
import type { Message } from "./message.ts";
import type { FloorNumber } from "./number.ts";

/** What a send needs. */
export type SendingEnv = {
  DB: D1Database;
  BUSINESS_NUMBER: DurableObjectNamespace<FloorNumber>;
  ACCESS_TOKEN: string;
  GRAPH_API_BASE_URL: string;
};

/** A text to send. Without a key nothing is claimed; without a slot the number's pace is not kept. */
export type Send = {
  id: string;
  to: string;
  body: string;
  number: string;
  key: { key: string; hash: string } | null;
  takesSlot: boolean;
};

export class FloorConversation extends DurableObject<SendingEnv> {
  constructor(context: DurableObjectState, env: SendingEnv) {
    super(context, env);
    context.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY, unread INTEGER, at INTEGER) STRICT;
       CREATE TABLE IF NOT EXISTS inbox (wamid TEXT PRIMARY KEY, payload TEXT) STRICT, WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS outbox (id TEXT PRIMARY KEY, stage TEXT, wamid TEXT, payload TEXT)
         STRICT, WITHOUT ROWID`,
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

  /** Returns its wamid, or null where its key was used before. */
  async send(send: Send): Promise<string | null> {
    const { sql } = this.ctx.storage;
    sql.exec(
      "INSERT INTO outbox (id, stage, payload) VALUES (?, 'calling', ?)",
      send.id,
      JSON.stringify(send),
    );
    const [isOurs] = await Promise.all([
      send.key === null || this.#claim(send.id, send.key),
      send.takesSlot ? this.env.BUSINESS_NUMBER.getByName(send.number).takeSlot() : null,
    ]);
    if (!isOurs) return null;
    const wamid = await this.#callMeta(send);
    sql.exec("UPDATE outbox SET stage = 'done', wamid = ? WHERE id = ?", wamid, send.id);
    await this.#writeRows(send, wamid);
    return wamid;
  }

  async #claim(id: string, { key, hash }: { key: string; hash: string }): Promise<boolean> {
    const { meta } = await this.env.DB.prepare(
      "INSERT INTO keys (key, message_id, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
      .bind(key, id, hash)
      .run();
    return meta.changes > 0;
  }

  async #callMeta({ id, to, body, number }: Send): Promise<string> {
    const response = await fetch(`${this.env.GRAPH_API_BASE_URL}/v25.0/${number}/messages`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${this.env.ACCESS_TOKEN}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        messaging_product: "whatsapp",
        to,
        type: "text",
        text: { body },
        biz_opaque_callback_data: id,
      }),
    });
    const answer: { messages: { id: string }[] } = await response.json();
    return answer.messages[0]?.id ?? "";
  }

  async #writeRows({ id, to, body }: Send, wamid: string): Promise<void> {
    const now = Date.now();
    const conversation = this.ctx.id.toString();
    await this.env.DB.batch([
      this.env.DB.prepare(
        `INSERT INTO conversations (id, unread, at) VALUES (?, 0, ?)
         ON CONFLICT DO UPDATE SET at = excluded.at`,
      ).bind(conversation, now),
      this.env.DB.prepare(
        "INSERT INTO messages (id, conversation_id, at, body, payload) VALUES (?, ?, ?, ?, ?)",
      ).bind(id, conversation, now, body, JSON.stringify({ to, text: { body }, wamid })),
    ]);
  }
}
