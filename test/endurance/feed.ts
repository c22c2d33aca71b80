/** Prints how long a message takes from the webhook to 50 open pages: `npm run feed-latency`. */
import { measureFeed } from "../node/support/measure-feed.ts";
import { servePaloma } from "../node/support/serve-paloma.ts";

const SOCKETS = 50;
const CHANGES = 100;

const paloma = await servePaloma();
try {
  const latency = await measureFeed(paloma, { sockets: SOCKETS, changes: CHANGES });
  const { p50, p95, greatest, webhook } = latency;
  const [half, most, last, answer] = [p50, p95, greatest, webhook].map((ms) => ms.toFixed(0));
  console.log(
    `${CHANGES} messages to ${SOCKETS} pages, from webhook to frame: p50 ${half} ms, p95 ${most} ms, at most ${last} ms; of that, the webhook's answer: p50 ${answer} ms`,
  );
} finally {
  await paloma.stop();
}
