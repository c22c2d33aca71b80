import assert from "node:assert/strict";
import * as v from "valibot";

const targetsSchema = v.array(v.object({ webSocketDebuggerUrl: v.string() }));

const usageSchema = v.object({
  id: v.number(),
  result: v.object({ usedSize: v.number(), backingStorageSize: v.optional(v.number(), 0) }),
});

/** What the Worker's isolate holds, as V8's inspector reports (Runtime.getHeapUsage). */
export class WorkerHeap {
  readonly #socket: WebSocket;
  #asked = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async connect(inspectorPort: number): Promise<WorkerHeap> {
    const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json`);
    const [target] = v.parse(targetsSchema, await answer.json());
    assert.ok(target !== undefined, "The inspector knows no Worker.");
    // wrangler wants an origin, for which the DOM's type of WebSocket has no place, but Node's has.
    const options = { headers: { origin: "http://localhost" } };
    const socket: WebSocket = Reflect.construct(WebSocket, [target.webSocketDebuggerUrl, options]);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("The inspector does not answer.")));
    });
    return new WorkerHeap(socket);
  }

  /** Objects and array buffers, in bytes. */
  async usedBytes(): Promise<number> {
    this.#asked += 1;
    const id = this.#asked;
    const answered = new Promise<number>((resolve) => {
      const listen = ({ data }: MessageEvent): void => {
        const message = v.safeParse(usageSchema, JSON.parse(String(data)));
        if (!message.success || message.output.id !== id) return;
        this.#socket.removeEventListener("message", listen);
        const { usedSize, backingStorageSize } = message.output.result;
        resolve(usedSize + backingStorageSize);
      };
      this.#socket.addEventListener("message", listen);
    });
    this.#socket.send(JSON.stringify({ id, method: "Runtime.getHeapUsage" }));
    return answered;
  }

  close(): void {
    this.#socket.close();
  }
}
