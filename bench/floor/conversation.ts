/** The floor's object of one conversation: what it takes and what it sends stands in its storage first. */
import { DurableObject } from "cloudflare:workers";
import type { Message } from "./message.ts";
import type { FloorNumber } from "./number.ts";
import { bringOurRow, claimOurKey, logChange, type OurRow, ourRow } from "./our-rows.ts";
import type { Send } from "./send.ts";

/** What a send needs. */
export type SendingEnv = {
  DB: D1Database;
  BUSINESS_NUMBER: DurableObjectNamespace<FloorNumber>;
  ACCESS_TOKEN: string;
  GRAPH_API_BASE_URL: string;
};

/** As ours: until then the object itself brings the row. */
const ALARM_MS = 5000;

type Sent = { send: Send; wamid: string };

export class FloorConversation extends DurableObject<SendingEnv> {
  #hasAlarm = false;
  #isJustAwake = true;
  /** What left and D1 lacks. */
  readonly #lacking = new Map<string, Sent>();

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

  /** Returns its wamid, or its row where that is asked for; null where its key was used before. */
  async send(send: Send): Promise<string | OurRow | null> {
    const { sql } = this.ctx.storage;
    sql.exec(
      "INSERT INTO outbox (id, stage, payload) VALUES (?, 'calling', ?)",
      send.id,
      JSON.stringify(send),
    );
    if (send.also.includes("alarm")) this.#setAlarm();
    const [isOurs] = await Promise.all([
      send.key === null || this.#claim(send, send.key),
      send.takesSlot ? this.env.BUSINESS_NUMBER.getByName(send.number).takeSlot() : null,
    ]);
    if (!isOurs) return null;
    const wamid = await this.#callMeta(send);
    sql.exec("UPDATE outbox SET stage = 'done', wamid = ? WHERE id = ?", wamid, send.id);
    this.#lacking.set(send.id, { send, wamid });
    const row = await this.#bring({ send, wamid });
    return send.also.includes("answer") ? row : wamid;
  }

  /** Usually the sender has brought everything. An object that slept since does not know. */
  override async alarm(): Promise<void> {
    this.#hasAlarm = false;
    const { sql } = this.ctx.storage;
    const stored = this.#isJustAwake
      ? sql.exec<{ payload: string; wamid: string }>(
          "UPDATE outbox SET stage = 'brought' WHERE stage = 'done' RETURNING payload, wamid",
        )
      : [];
    this.#isJustAwake = false;
    const left = [...stored].map(({ payload, wamid }) => ({ send: JSON.parse(payload), wamid }));
    for (const each of [...left, ...this.#lacking.values()]) await this.#bring(each);
  }

  #setAlarm(): void {
    if (this.#hasAlarm) return;
    this.#hasAlarm = true;
    void this.ctx.storage.setAlarm(Date.now() + ALARM_MS);
  }

  async #claim(send: Send, { key, hash }: { key: string; hash: string }): Promise<boolean> {
    const { DB } = this.env;
    const claim = send.also.includes("key")
      ? claimOurKey(DB, { key, hash, id: send.id }, this.ctx.id.toString(), Date.now())
      : DB.prepare(
          "INSERT INTO keys (key, message_id, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        ).bind(key, send.id, hash);
    const { meta } = await claim.run();
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

  async #bring({ send, wamid }: Sent): Promise<OurRow | null> {
    const { id, also } = send;
    const { DB } = this.env;
    const now = Date.now();
    const conversationId = this.ctx.id.toString();
    const row = also.length === 0 ? null : ourRow(send, conversationId, wamid, now);
    await DB.batch([
      ...(row !== null && also.includes("rows")
        ? bringOurRow(DB, row, send)
        : this.#ownRows({ send, wamid }, conversationId, now)),
      ...(row !== null && also.includes("changes") ? [logChange(DB, row)] : []),
    ]);
    this.#lacking.delete(id);
    if (also.includes("log")) console.info(JSON.stringify({ event: "send", id }));
    return row;
  }

  #ownRows({ send, wamid }: Sent, conversationId: string, now: number): D1PreparedStatement[] {
    const { DB } = this.env;
    const { id, to, body } = send;
    return [
      DB.prepare(
        `INSERT INTO floor_conversations (id, unread, at) VALUES (?, 0, ?)
         ON CONFLICT DO UPDATE SET at = excluded.at`,
      ).bind(conversationId, now),
      DB.prepare(
        `INSERT INTO floor_messages (id, conversation_id, at, body, payload) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      ).bind(id, conversationId, now, body, JSON.stringify({ to, text: { body }, wamid })),
    ];
  }
}
