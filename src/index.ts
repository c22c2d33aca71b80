/** Wiring: what Cloudflare calls, and the room that answers. */
import { app } from "./app.ts";
import { consumeQueue } from "./queues/consume-queue.ts";
import { upkeep } from "./upkeep/upkeep.ts";

export { PalomaService } from "./api/rpc/paloma-service.ts";
export type { PalomaBinding } from "./api/rpc/rpc-types.ts";
export { BusinessNumber } from "./business-number/business-number.ts";
export { Conversation } from "./conversation/conversation.ts";

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  queue: consumeQueue,
  scheduled: ({ scheduledTime }, env) => upkeep(env, scheduledTime),
} satisfies ExportedHandler<Env>;
