import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import * as v from "valibot";
import { freePort } from "../audit/free-port.ts";

const eventSchema = v.object({
  id: v.string(),
  event: v.object({
    type: v.string(),
    message_id: v.optional(v.string()),
    conversation_id: v.optional(v.string()),
    sequence: v.optional(v.number()),
    status: v.optional(v.nullable(v.string())),
  }),
});

const statusSchema = v.object({ wamid: v.string(), status: v.string() });

type TakenEvent = v.InferOutput<typeof eventSchema> & { at: number };
type TakenStatus = v.InferOutput<typeof statusSchema> & { at: number };

/** What died with the queues of the Worker, which live in memory on this machine, unless it came. */
export type LostInQueues = {
  events: readonly TakenEvent[];
  /** WAMID and status. */
  statuses: ReadonlySet<string>;
};

/** A status becomes an event within a batch or two, or it was still in its queue. */
const STATUS_MS = 10_000;

/** Hears of everything that a queue of the Worker has taken, before the Worker relies on it. */
export class QueueWitness {
  readonly #events: TakenEvent[] = [];
  readonly #statuses: TakenStatus[] = [];
  readonly url: string;
  readonly #server = createServer((request, response) => {
    void this.#hear(request).then(() => response.writeHead(204).end());
  });

  private constructor(port: number) {
    this.url = `http://localhost:${port}/`;
  }

  static async start(): Promise<QueueWitness> {
    const port = await freePort();
    const witness = new QueueWitness(port);
    witness.#server.listen(port);
    await once(witness.#server, "listening");
    return witness;
  }

  /** @param crashes when the Worker was killed, in Unix milliseconds */
  lostBy(crashes: readonly number[]): LostInQueues {
    const last = Math.max(0, ...crashes);
    const died = this.#statuses.filter(({ at }) =>
      crashes.some((crash) => at <= crash && crash - at < STATUS_MS),
    );
    return {
      events: this.#events.filter(({ at }) => at <= last),
      statuses: new Set(died.map(({ wamid, status }) => `${wamid} ${status}`)),
    };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #hear(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const bodies: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const at = Date.now();
    for (const body of v.parse(v.array(v.unknown()), bodies)) {
      if (v.is(eventSchema, body)) this.#events.push({ at, ...body });
      else if (v.is(statusSchema, body)) this.#statuses.push({ at, ...body });
    }
  }
}
