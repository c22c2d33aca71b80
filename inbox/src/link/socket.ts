/** One connection to the feed, from its opening to its end. */
import { type FeedFrame, parseFrame } from "../state/feed.ts";
import { INBOX_PATH } from "./api.ts";

const PROTOCOL = "paloma.inbox.v1";

const CONNECT_TIMEOUT_MS = 8_000;

/** Half of the time after which networks forget a silent connection, and the server a silent page. */
const PING_MS = 25_000;
const PONG_TIMEOUT_MS = 10_000;

/** The browser's own code for a connection that ended without one. */
const LOST = 1_006;

export type Socket = {
  send: (frame: object) => void;
  /** Has the server answer soon, or ends the connection as lost. */
  ping: () => void;
  /** Ends it without a word to its listener. */
  end: () => void;
};

export type SocketListener = {
  frame: (frame: FeedFrame) => void;
  /** Anything came, such as the answer to a ping. */
  heard: () => void;
  /** Called once, with the code of the close. */
  closed: (code: number) => void;
};

export function openSocket(after: number, listener: SocketListener): Socket {
  const url = new URL(`${INBOX_PATH}/feed?after=${after}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, PROTOCOL);
  let isOver = false;
  let pong: ReturnType<typeof setTimeout> | undefined;
  const ping = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send("ping");
    pong ??= setTimeout(() => finish(LOST), PONG_TIMEOUT_MS);
  };
  const pings = setInterval(ping, PING_MS);
  // Open is not enough: a feed that never says hello is of no use.
  const hello = setTimeout(() => finish(LOST), CONNECT_TIMEOUT_MS);

  const quiet = () => {
    isOver = true;
    clearInterval(pings);
    clearTimeout(pong);
    clearTimeout(hello);
    // Closed before it is open, it would be an error in the console.
    if (socket.readyState === WebSocket.CONNECTING) {
      socket.addEventListener("open", () => socket.close());
    } else socket.close();
  };
  const finish = (code: number) => {
    if (isOver) return;
    quiet();
    listener.closed(code);
  };

  socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    clearTimeout(pong);
    pong = undefined;
    listener.heard();
    const frame = isOver || typeof data !== "string" ? null : parseFrame(data);
    if (frame === null) return;
    if (frame.t === "hello") clearTimeout(hello);
    listener.frame(frame);
  });
  socket.addEventListener("close", ({ code }) => finish(code));
  return {
    send(frame) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    ping,
    end: quiet,
  };
}
