/**
 * Hosts one built Worker in workerd, without a proxy in front of it. Started by `startHost`, which
 * talks to it over the channel between Node processes.
 */
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { Miniflare } from "miniflare";
import { answerParent } from "../processes/answer-parent.ts";
import type { HostedWorker, HostQuestion } from "./hosted-worker.ts";

const DATABASE = "DB";

/** The inspector's name for the one Worker that is not miniflare's own. */
const OWN_WORKER = "core:user:";

const options: HostedWorker = JSON.parse(process.argv[2] ?? "null");
const { bindings, databases, objects, queues, buckets } = options;

const miniflare = new Miniflare({
  modules: [
    { type: "ESModule", path: "worker.js", contents: readFileSync(options.bundle, "utf8") },
  ],
  compatibilityDate: options.compatibilityDate,
  compatibilityFlags: [...options.compatibilityFlags],
  bindings: { ...bindings },
  d1Databases: [...databases],
  r2Buckets: [...buckets],
  durableObjects: Object.fromEntries(
    objects.map(({ binding, className }) => [binding, { className, useSQLite: true }]),
  ),
  queueProducers: Object.fromEntries(queues.map(({ binding, queue }) => [binding, queue])),
  ...(options.inspected && { inspectorPort: 0 }),
  // Not read: what a Worker logs is not the subject, and printing it costs CPU time.
  handleRuntimeStdio: (output: Readable, errors: Readable) => {
    output.resume();
    errors.pipe(process.stderr);
  },
  unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
});

const url = await miniflare.unsafeGetDirectURL();
const database = await miniflare.getD1Database(DATABASE);
for (const statement of options.schema) await database.prepare(statement).run();

process.on("disconnect", () => {
  void miniflare.dispose();
});
answerParent(url.href, answer);

async function answer(question: HostQuestion): Promise<unknown> {
  switch (question.kind) {
    case "execute":
      for (const statement of question.statements) await database.prepare(statement).run();
      return null;
    case "inspector": {
      const { href } = await miniflare.getInspectorURL();
      return `${href}${OWN_WORKER}`;
    }
    case "consume": {
      const worker = await miniflare.getWorker();
      const { outcome } = await worker.queue(
        question.queue,
        question.bodies.map((body, position) => ({
          id: String(position),
          timestamp: new Date(),
          attempts: 1,
          body,
        })),
      );
      if (outcome !== "ok") throw new Error(`the consumer failed: ${outcome}`);
      return null;
    }
  }
}
