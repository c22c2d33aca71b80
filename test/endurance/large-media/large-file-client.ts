import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as v from "valibot";
import { eventually } from "../../../scripts/client/eventually.ts";
import { ACCESS_TOKEN, API_TOKEN } from "../audit/local-clinic.ts";
import type { LocalMeta } from "../audit/local-meta.ts";

const messageSchema = v.object({
  attachments: v.tuple([
    v.object({
      url: v.string(),
      sha256: v.string(),
      stored: v.boolean(),
      error: v.nullable(v.object({ code: v.string() })),
    }),
  ]),
});

const uploadSchema = v.object({ meta_id: v.string(), sha256: v.string(), stored: v.literal(true) });

const lookupSchema = v.object({ sha256: v.string(), file_size: v.number() });

const PATIENCE_MS = 180_000;

const CUSTOMER = "+529982220001";

const PART_BYTES = 1_000_000;

/** A file that a customer sent. */
export type ReceivedFile = { url: string; sha256: string; sizeBytes: number };

/** Sends, uploads and reads files, and compares every byte. */
export class LargeFileClient {
  readonly #workerUrl: string;
  readonly #meta: LocalMeta;

  constructor(workerUrl: string, meta: LocalMeta) {
    this.#workerUrl = workerUrl;
    this.#meta = meta;
  }

  /** A customer sends a document; resolves once it is archived, and Meta has it no more. */
  async receive(sizeBytes: number): Promise<ReceivedFile> {
    const { customers } = this.#meta.simulator;
    const wamid = await customers.write({
      from: CUSTOMER,
      content: { type: "document", sizeBytes, filename: "análisis.pdf" },
    });
    await this.#meta.simulator.idle();
    const path = `/v1/messages/${encodeURIComponent(wamid)}`;
    const file = await eventually(
      async () => v.parse(messageSchema, await (await this.#ask(path)).json()).attachments[0],
      ({ stored }) => stored,
      PATIENCE_MS,
    );
    assert.ok(file.stored, `It was not archived: ${file.error?.code ?? "no reason given"}.`);
    return { url: file.url, sha256: file.sha256, sizeBytes };
  }

  async readBack({ url, sha256, sizeBytes }: ReceivedFile): Promise<void> {
    const response = await this.#ask(url);
    assert.equal(response.headers.get("content-length"), String(sizeBytes));
    assert.equal(await digestOf(response), sha256, "The file came back with other bytes.");
  }

  /** The last part alone must be what the whole ends with. */
  async readPart({ url, sizeBytes }: ReceivedFile): Promise<void> {
    const first = Math.max(0, sizeBytes - PART_BYTES);
    const response = await this.#ask(url, { range: `bytes=${first}-` });
    assert.equal(response.status, 206);
    assert.equal(
      response.headers.get("content-range"),
      `bytes ${first}-${sizeBytes - 1}/${sizeBytes}`,
    );
    const part = await response.bytes();
    const whole = await (await this.#ask(url)).bytes();
    assert.ok(Buffer.from(part).equals(whole.subarray(first)), "The part has other bytes.");
  }

  async upload(sizeBytes: number): Promise<void> {
    const bytes = new Uint8Array(sizeBytes);
    for (let place = 0; place < sizeBytes; place += 1) bytes[place] = (place * 7) ^ (place >> 9);
    const response = await fetch(new URL("/v1/media?filename=a.pdf", this.#workerUrl), {
      method: "POST",
      headers: { authorization: `Bearer ${API_TOKEN}`, "content-type": "application/pdf" },
      body: new Blob([bytes]),
    });
    assert.equal(response.status, 201, await response.clone().text());
    const { meta_id, sha256 } = v.parse(uploadSchema, await response.json());
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
    const lookup = await fetch(new URL(`/v25.0/${meta_id}`, this.#meta.url), {
      headers: { authorization: `Bearer ${ACCESS_TOKEN}` },
    });
    const atMeta = v.parse(lookupSchema, await lookup.json());
    assert.deepEqual(atMeta, { sha256, file_size: sizeBytes }, "Meta got other bytes.");
  }

  async #ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(new URL(path, this.#workerUrl), {
      headers: { authorization: `Bearer ${API_TOKEN}`, ...headers },
    });
  }
}

async function digestOf(response: Response): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of response.body ?? []) hash.update(chunk);
  return hash.digest("hex");
}
