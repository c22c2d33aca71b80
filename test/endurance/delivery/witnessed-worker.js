/**
 * The Worker of the delivery drill: reports what a queue has taken before the one who put it there
 * learns of that, so that nothing counts as handed over unreported.
 */
import { env } from "cloudflare:workers";

export * from "../../../src/index.ts";
export { default } from "../../../src/index.ts";

const queue = Object.getPrototypeOf(env.EVENT_QUEUE);
const { sendBatch } = queue;

queue.sendBatch = async function (messages, options) {
  const all = [...messages];
  await sendBatch.call(this, all, options);
  const body = JSON.stringify(all.map((message) => message.body));
  await fetch(env.QUEUE_WITNESS, { method: "POST", body });
};
