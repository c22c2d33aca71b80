/** Wiring: what Cloudflare calls, and the room that answers. */
import { app } from "./app.ts";
import { consumeQueue } from "./consume-queue.ts";

export { Conversation } from "./conversation/conversation.ts";

export default {
  fetch: app.fetch,
  queue: consumeQueue,
} satisfies ExportedHandler<Env>;
