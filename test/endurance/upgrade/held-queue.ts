import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { freePort } from "../audit/free-port.ts";
import type { Version } from "../audit/local-worker.ts";

const BESIDE_THE_WORKER = fileURLToPath(import.meta.resolve("./held-queue-worker.js"));

const HELD = 200;
const NOT_HELD = 409;

/** A connection that ends while the Worker rests would fail its next webhook. */
const IDLE_MS = 10 * 60_000;

/** Far less than a queue takes at once. */
const RELEASED_AT_ONCE = 20;

const statusSchema = v.object({ wamid: v.string(), status: v.string() });
const packSchema = v.object({ statuses: v.array(v.object({ payload: v.string() })) });
const payloadSchema = v.object({ id: v.string(), status: v.string() });

/**
 * The status queue while a version is replaced. The local one lives in the Worker's memory; what is held here
 * outlives the Worker, as it does at Cloudflare, so that the next version finds what the last one put there.
 */
export class HeldQueue {
  readonly #server = createServer({ keepAliveTimeout: IDLE_MS }, (request, response) => {
    void this.#take(request).then((isHeld) => response.writeHead(isHeld ? HELD : NOT_HELD).end());
  });
  readonly #url: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "paloma-held-"));
  #isHolding = false;
  #bodies: unknown[] = [];

  private constructor(port: number) {
    this.#url = `http://localhost:${port}/`;
  }

  static async start(): Promise<HeldQueue> {
    const port = await freePort();
    const queue = new HeldQueue(port);
    queue.#server.listen(port);
    await once(queue.#server, "listening");
    return queue;
  }

  /** The version with this queue. */
  under({ entry, checkout }: Version, name: string): Version {
    const module = JSON.stringify(entry);
    const file = join(this.#folder, `${name}.js`);
    writeFileSync(
      file,
      `import worker from ${module};
import { withHeldQueue } from ${JSON.stringify(BESIDE_THE_WORKER)};
export * from ${module};
export default withHeldQueue(worker, ${JSON.stringify(this.#url)});
`,
    );
    return { entry: file, checkout };
  }

  get length(): number {
    return this.#bodies.length;
  }

  /** How many of them have several statuses, which 0.1.0 can't read. */
  get packs(): number {
    return this.#bodies.filter((body) => v.is(packSchema, body)).length;
  }

  /** From now on what is put there stays, until it is released. */
  hold(): void {
    this.#isHolding = true;
  }

  /** Hands all of it to the version that runs now. Returns the statuses in it: wamid and name. */
  async release(workerUrl: string): Promise<[wamid: string, status: string][]> {
    this.#isHolding = false;
    const bodies = this.#bodies;
    this.#bodies = [];
    for (let first = 0; first < bodies.length; first += RELEASED_AT_ONCE) {
      const body = JSON.stringify(bodies.slice(first, first + RELEASED_AT_ONCE));
      const { ok } = await fetch(`${workerUrl}/held-queue`, { method: "POST", body });
      assert.ok(ok, "The queue took what was held.");
    }
    return bodies.flatMap(statusesIn);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #take(request: IncomingMessage): Promise<boolean> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    if (!this.#isHolding) return false;
    this.#bodies.push(
      ...v.parse(v.array(v.unknown()), JSON.parse(Buffer.concat(chunks).toString())),
    );
    return true;
  }
}

/** Of a body of any version. */
function statusesIn(body: unknown): [string, string][] {
  if (!v.is(packSchema, body)) {
    const { wamid, status } = v.parse(statusSchema, body);
    return [[wamid, status]];
  }
  return body.statuses.map(({ payload }) => {
    const { id, status } = v.parse(payloadSchema, JSON.parse(payload));
    return [id, status];
  });
}
