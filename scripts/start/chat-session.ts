/** The two sides of a chat, each through its public door; checks every answer. */
import assert from "node:assert/strict";
import * as v from "valibot";
import { eventually } from "../client/eventually.ts";
import type { JsonAnswer, JsonClient } from "../client/json-client.ts";
import { conversationView, messageView, type MessageView } from "../client/views.ts";
import type { Transcript } from "./transcript.ts";

export type Customer = { phone: string; name: string };

/** Webhooks and queues are done within this, or something is wrong. */
const PATIENCE_MS = 10_000;

/** What the simulator reports of every message it takes. */
const STATUSES = ["sent", "delivered", "read"];

const writtenMessage = v.object({ id: v.string() });

const sentMessages = v.object({ data: v.array(v.object({ wamid: v.string() })) });

export class ChatSession {
  readonly #paloma: JsonClient;
  readonly #meta: JsonClient;
  readonly #transcript: Transcript;

  constructor(paloma: JsonClient, meta: JsonClient, transcript: Transcript) {
    this.#paloma = paloma;
    this.#meta = meta;
    this.#transcript = transcript;
  }

  /** What stands at a path of the API. */
  async read<Schema extends v.GenericSchema>(
    path: string,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> {
    return v.parse(schema, expectStatus(200, await this.#paloma.call("GET", path), `GET ${path}`));
  }

  /** Sends, and waits until Meta has reported all that it reports. */
  async send(request: object): Promise<MessageView> {
    const answer = await this.#paloma.call("POST", "/v1/messages", request);
    const sent = v.parse(messageView, expectStatus(201, answer, "POST /v1/messages"));
    const { body } = await this.#meta.call("GET", "/_simulator/sent");
    assert.ok(
      v.parse(sentMessages, body).data.some(({ wamid }) => wamid === sent.wamid),
      "What was answered with 201 has not reached Meta.",
    );
    this.#transcript.fromBusiness(sent.body ?? "");
    const settled = await eventually(
      () => this.read(`/v1/messages/${sent.id}`, messageView),
      ({ statuses }) => statuses.length === STATUSES.length,
      PATIENCE_MS,
    );
    const statuses = settled.statuses.map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set(STATUSES), "Not every status came in.");
    assert.equal(settled.status, "read");
    this.#transcript.detail(["accepted", ...STATUSES].join(" → "));
    return settled;
  }

  /** The customer writes; resolves with the message as the API then has it. */
  async write({ phone, name }: Customer, content: object): Promise<MessageView> {
    const path = "/_simulator/customers/write";
    const answer = await this.#meta.call("POST", path, { from: phone, name, content });
    const { id } = v.parse(writtenMessage, expectStatus(200, answer, `POST ${path}`));
    const messagePath = `/v1/messages/${encodeURIComponent(id)}`;
    const arrived = await eventually(
      () => this.#paloma.call("GET", messagePath),
      ({ status }) => status === 200,
      PATIENCE_MS,
    );
    const message = v.parse(messageView, expectStatus(200, arrived, `GET ${messagePath}`));
    this.#transcript.fromCustomer(message.body ?? "");
    return message;
  }

  /** Staff have seen everything. */
  async markRead(conversationId: string): Promise<void> {
    const path = `/v1/conversations/${conversationId}/read`;
    expectStatus(200, await this.#paloma.call("POST", path, {}), `POST ${path}`);
  }

  /** Shows where the conversation stands, which must be as expected. */
  async expectConversation(id: string, expected: object): Promise<void> {
    const view = await this.read(`/v1/conversations/${id}`, conversationView);
    this.#transcript.state(view);
    assert.partialDeepStrictEqual(view, expected);
  }

  /** Fetches a file, which must be this one. */
  async expectFile(path: string, base64: string): Promise<void> {
    const { status, bytes } = await this.#paloma.bytes(path);
    assert.equal(status, 200, `GET ${path}: ${status}`);
    assert.equal(
      Buffer.from(bytes).toString("base64"),
      base64,
      `GET ${path}: not the file that was sent.`,
    );
    this.#transcript.detail(`fetched from ${path}: ${bytes.length} bytes`);
  }

  /** Meta's check that the webhook's address is ours. */
  async expectHandshake(): Promise<void> {
    const { body } = await this.#meta.call("POST", "/_simulator/verify");
    assert.partialDeepStrictEqual(body, { ok: true }, "The webhook did not pass Meta's check.");
    this.#transcript.detail("the challenge came back");
  }
}

function expectStatus(expected: number, { status, body }: JsonAnswer, what: string): unknown {
  assert.equal(status, expected, `${what}: ${status}, not ${expected}: ${JSON.stringify(body)}`);
  return body;
}
