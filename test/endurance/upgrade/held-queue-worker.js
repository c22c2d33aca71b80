/** Beside any version of the Worker: its statuses lie in a queue that outlives the Worker while they are held there. */
import { env } from "cloudflare:workers";

const HELD = 200;

const queue = Object.getPrototypeOf(env.STATUS_QUEUE);
const { sendBatch } = queue;

const isStatus = ({ body }) => "statuses" in body || "wamid" in body;

/** @param holder the address of the one who may hold them */
export function withHeldQueue(worker, holder) {
  queue.sendBatch = async function (messages, options) {
    const all = [...messages];
    if (all.every(isStatus)) {
      const body = JSON.stringify(all.map((message) => message.body));
      const { status } = await fetch(holder, { method: "POST", body });
      if (status === HELD) return;
    }
    await sendBatch.call(this, all, options);
  };
  return {
    ...worker,
    async fetch(request, bindings, context) {
      if (new URL(request.url).pathname !== "/held-queue") {
        return worker.fetch(request, bindings, context);
      }
      const bodies = await request.json();
      await sendBatch.call(
        bindings.STATUS_QUEUE,
        bodies.map((body) => ({ body })),
      );
      return new Response();
    },
  };
}
