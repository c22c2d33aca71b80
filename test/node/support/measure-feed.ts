/** How long a customer's message takes from the webhook to the open pages, over real sockets. */
import { API_TOKEN, type ServedPaloma } from "./serve-paloma.ts";

const OWN_PAGE = { "x-paloma-inbox": "1", "sec-fetch-site": "same-origin" };
const PROTOCOL = "paloma.inbox.v1";
const PATIENCE_MS = 30_000;
const MS_PER_SECOND = 1000;

/** A page, as far as its socket shows it. */
type Page = { socket: WebSocket; untilShown: (text: string) => Promise<number> };

export type FeedLatency = {
  sockets: number;
  changes: number;
  /** Milliseconds from posting the webhook to the frame, over all sockets and changes. */
  p50: number;
  p95: number;
  greatest: number;
  /** The median of how long the webhook itself took to be answered. */
  webhook: number;
};

/** One message after the other, each until every page has it. */
export async function measureFeed(
  paloma: ServedPaloma,
  { sockets, changes }: { sockets: number; changes: number },
): Promise<FeedLatency> {
  const cookie = await signIn(paloma.url);
  const pages = await Promise.all(
    Array.from({ length: sockets }, () => openPage(paloma.url, cookie)),
  );
  const webhooks: number[] = [];
  const latencies: number[] = [];
  // The first message also makes the objects ready.
  for (let change = 0; change <= changes; change += 1) {
    const text = `mensaje ${change} ${crypto.randomUUID()}`;
    const shown = pages.map((page) => page.untilShown(text));
    const startedAt = performance.now();
    await paloma.simulator.customers.write({
      from: `5219982${String(change).padStart(6, "0")}`,
      content: { type: "text", body: text },
    });
    await paloma.simulator.flush();
    const answeredAt = performance.now();
    const times = await Promise.all(shown);
    if (change === 0) continue;
    webhooks.push(answeredAt - startedAt);
    latencies.push(...times.map((at) => at - startedAt));
  }
  for (const { socket } of pages) socket.close();
  return {
    sockets,
    changes,
    p50: quantile(latencies, 0.5),
    p95: quantile(latencies, 0.95),
    greatest: quantile(latencies, 1),
    webhook: quantile(webhooks, 0.5),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/inbox/session`, {
    method: "POST",
    headers: { ...OWN_PAGE, "content-type": "application/json" },
    body: JSON.stringify({ token: API_TOKEN }),
  });
  const [cookie = ""] = response.headers.getSetCookie();
  return cookie.replace(/;.*$/, "");
}

async function openPage(url: string, cookie: string): Promise<Page> {
  // Node's takes headers, as no browser's does.
  const options = { protocols: [PROTOCOL], headers: { cookie, origin: url } };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types are a browser's
  const socket = new WebSocket(`${url.replace("http", "ws")}/inbox/feed`, options as never);
  const waiting = new Map<string, (at: number) => void>();
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("the feed refuses a socket")));
    socket.addEventListener("message", ({ data }) => {
      const at = performance.now();
      const frame = JSON.parse(String(data));
      if (frame.t === "hello") resolve();
      for (const { body } of frame.messages ?? []) waiting.get(body)?.(at);
    });
  });
  return {
    socket,
    untilShown: (text) =>
      new Promise((resolve, reject) => {
        waiting.set(text, resolve);
        const seconds = PATIENCE_MS / MS_PER_SECOND;
        setTimeout(() => reject(new Error(`no frame within ${seconds} s`)), PATIENCE_MS).unref();
      }),
  };
}
