import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { eventually } from "../../../scripts/client/eventually.ts";
import { type ProcessGroup, startProcessGroup } from "../../../scripts/start/process-group.ts";
import { freePort } from "../audit/free-port.ts";

const SECRET_BYTES = 32;
const START_MS = 10_000;

const eventSchema = v.object({
  id: v.string(),
  type: v.string(),
  conversation_id: v.optional(v.string()),
  sequence: v.optional(v.number()),
  data: v.object({
    message: v.optional(v.object({ id: v.string() })),
    status: v.optional(v.object({ status: v.string() })),
    conversation: v.optional(v.record(v.string(), v.unknown())),
  }),
});

/** An event as it was received, and verified. */
export type ReceivedEvent = v.InferOutput<typeof eventSchema>;

/** A subscriber in a process of its own, which may die and come back. */
export class SubscriberProcess {
  readonly received: ReceivedEvent[] = [];
  /** Why events were refused; there should be none. */
  readonly refused: string[] = [];
  readonly #port: number;
  readonly #secret = `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;
  #group: ProcessGroup | null = null;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<SubscriberProcess> {
    const subscriber = new SubscriberProcess(await freePort());
    await subscriber.start();
    return subscriber;
  }

  /** What EVENT_SUBSCRIBERS says of it. */
  get setting(): string {
    return JSON.stringify([{ url: `http://localhost:${this.#port}/`, secrets: [this.#secret] }]);
  }

  async start(): Promise<void> {
    let isUp = false;
    this.#group = startProcessGroup({
      script: "scripts/subscriber.ts",
      parameters: [],
      environment: { PORT: String(this.#port), SUBSCRIBER_SECRET: this.#secret },
      onOutput: (line) => this.#take(line),
      onError: () => void (isUp = true),
    });
    await eventually(() => Promise.resolve(isUp), Boolean, START_MS);
  }

  /** Ends it at once, with whatever it is doing. */
  async kill(): Promise<void> {
    await this.#group?.kill();
  }

  #take(line: string): void {
    const event = v.safeParse(eventSchema, JSON.parse(line));
    if (event.success) this.received.push(event.output);
    else this.refused.push(line);
  }
}
