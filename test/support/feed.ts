/** A page's socket to the feed, as the Worker and the object see it. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import { eventually } from "./paloma.ts";

export const ORIGIN = "https://paloma.test";
export const PROTOCOL = "paloma.inbox.v1";

// oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
type Frame = any;

export type Socket = {
  status: number;
  protocol: string | null;
  /** All that came so far. */
  frames: Frame[];
  /** Why the server closed it; null while it has not. */
  closed: () => number | null;
  say: (frame: unknown) => void;
  /** The first frame of the kind after those that this has given before. */
  next: (kind: string) => Promise<Frame>;
  untilClosed: () => Promise<number | null>;
  close: () => void;
};

export type ConnectOptions = {
  cookie?: string | null;
  after?: number | string;
  /** An empty one is left out. */
  headers?: Record<string, string>;
  changes?: object;
};

const open: (() => void)[] = [];

/** Closes every socket of the test. */
export function closeSockets(): void {
  for (const close of open.splice(0)) close();
}

/** Connects as the inbox's own page does; without a socket the status says why. */
export async function connect({
  cookie = null,
  after,
  headers = {},
  changes = {},
}: ConnectOptions = {}): Promise<Socket> {
  const query = after === undefined ? "" : `?after=${after}`;
  const given = Object.entries({
    upgrade: "websocket",
    origin: ORIGIN,
    "sec-websocket-protocol": PROTOCOL,
    cookie: cookie ?? "",
    ...headers,
  }).filter(([, value]) => value !== "");
  const request = new Request(`${ORIGIN}/inbox/feed${query}`, { headers: given });
  const response = await app.fetch(request, { ...env, ...changes }, createExecutionContext());
  const { webSocket } = response;
  if (webSocket === null) await response.body?.cancel();
  const frames: Frame[] = [];
  let taken = 0;
  let closed: number | null = null;
  webSocket?.addEventListener("message", ({ data }) => {
    frames.push(typeof data === "string" && data.startsWith("{") ? JSON.parse(data) : data);
  });
  webSocket?.addEventListener("close", ({ code }) => {
    closed = code;
  });
  webSocket?.accept();
  const close = (): void => {
    try {
      webSocket?.close(1000);
    } catch {
      // The server closed it before.
    }
  };
  open.push(close);
  return {
    status: response.status,
    protocol: response.headers.get("sec-websocket-protocol"),
    frames,
    closed: () => closed,
    say: (frame) => webSocket?.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    async next(kind) {
      const place = await eventually(
        () => Promise.resolve(frames.findIndex(({ t }, at) => at >= taken && t === kind)),
        (found) => found >= 0,
      );
      taken = place + 1;
      return frames[place];
    },
    untilClosed: () =>
      eventually(
        () => Promise.resolve(closed),
        (code) => code !== null,
      ),
    close,
  };
}
