/** The Worker's entry points: what Cloudflare calls, and the module that answers. */
import { upkeep } from "./jobs/cron.ts";
import { consumeQueue } from "./jobs/queues.ts";
import { app } from "./app.ts";

export { PalomaService } from "./api/rpc/service.ts";
export type { PalomaBinding } from "./api/rpc/types.ts";
export { BusinessNumber } from "./business-number/object.ts";
export { Conversation } from "./conversation/object.ts";
export { InboxFeed } from "./feed/object.ts";

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  queue: consumeQueue,
  scheduled: ({ scheduledTime }, env) => upkeep(env, scheduledTime),
} satisfies ExportedHandler<Env>;
