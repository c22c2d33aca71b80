/**
 * Keeps the page connected: the socket first; when it fails several times, the same log by asking every few
 * seconds, while the socket is tried on.
 */
import { effect, signal } from "@preact/signals";
import { backoffMs } from "../state/backoff.ts";
import type { FeedFrame } from "../state/feed.ts";
import { seenUpTo, sweepGone } from "../state/live.ts";
import { setClock } from "./api.ts";
import { askForChanges, closeHole, takeFrame } from "./changes.ts";
import { repeat, whenBack } from "./loop.ts";
import { paced } from "./paced.ts";
import { peopleAre, speakTo } from "./presence.ts";
import { answered, changesCame, feed, feedIs, heard, isSilent, isTroubled } from "./reach.ts";
import { findSession, session } from "./session.ts";
import { isCurrentPage } from "./shell.ts";
import { openSocket, type Socket } from "./socket.ts";
import { openThread } from "./thread.ts";

/** A network that blocks sockets is known by now; a deploy is over. */
const FAILURES_BEFORE_POLLING = 3;

const POLL_PACE = { visibleMs: 5_000, hiddenMs: 30_000 };

/** Heals a hint that was lost on its way to the feed. */
const SYNC_MS = 60_000;

/** Loading anew takes a slow network this long, and a campaign's statuses would else reset a page all the time. */
const RELOAD_MS = 3_000;

/** The way of the hello. */
const CLOCK_TOLERANCE_MS = 300;

/** By then a deploy is everywhere. */
const DEPLOY_MS = 60_000;

/** Longer than any answer takes, all pages of a list together. */
const SWEEP_GONE_MS = 10 * 60_000;

const SIGN_IN_AGAIN = 4_401;
const FORBIDDEN = 4_403;
const RELOAD = 4_409;

/** The server has a newer page than this one. */
export const isOutdated = signal(false);

let ownVersion: string | null = null;

/** What the first hello says may be another page's: that of a deploy, which may not have reached every place yet. */
async function comparePage(): Promise<void> {
  if (!(await isCurrentPage())) isOutdated.value = true;
}

/** Keeps connected until the function that it returns is called. */
export function followFeed(): () => void {
  const connection = new Connection();
  feedIs("connecting");
  const stops = [
    whenBack(() => connection.wake()),
    effect(() => {
      if (feed.value !== "polling" && !isTroubled.value) return undefined;
      return repeat(async () => void (await askForChanges()), POLL_PACE).stop;
    }),
  ];
  const sweeping = setInterval(() => sweepGone(openThread.peek()), SWEEP_GONE_MS);
  const onOffline = () => connection.lose();
  window.addEventListener("offline", onOffline);
  connection.wake();
  return () => {
    for (const stop of stops) stop();
    clearInterval(sweeping);
    window.removeEventListener("offline", onOffline);
    connection.stop();
  };
}

class Connection {
  #socket: Socket | null = null;
  #failures = 0;
  #isStopped = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #sync: ReturnType<typeof setInterval> | undefined;
  #resume: ReturnType<typeof setTimeout> | undefined;

  /** Sees to it that the page is connected now, not after a pause, and asks what it lacks. */
  wake(): void {
    if (this.#socket === null) this.#connect();
    else if (feed.peek() !== "live") return;
    else if (isSilent()) {
      this.#end();
      this.#connect();
    } else {
      this.#ask();
      this.#socket.ping();
    }
  }

  /** Without a network the socket only looks open. */
  lose(): void {
    this.#end();
    this.#again();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    this.#end();
    feedIs("idle");
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#socket = openSocket(seenUpTo(), {
      heard,
      frame: (frame) => this.#take(frame),
      closed: (code) => void this.#closed(code),
    });
  }

  #take(frame: FeedFrame): void {
    switch (frame.t) {
      case "hello":
        this.#begin(frame);
        break;
      case "changes":
        answered(false);
        if (!takeFrame(frame)) this.#ask();
        break;
      case "reset":
        takeFrame(frame);
        // The server waits for a word before it goes on: what is loaded anew arrives before the next reset.
        clearTimeout(this.#resume);
        this.#resume = setTimeout(() => this.#ask(), RELOAD_MS);
        break;
      case "people":
        peopleAre(frame.list);
        break;
    }
  }

  #begin({ seq, time, version }: Extract<FeedFrame, { t: "hello" }>): void {
    this.#failures = 0;
    answered(false);
    changesCame(true);
    feedIs("live");
    setClock(Date.parse(time), CLOCK_TOLERANCE_MS);
    if (ownVersion === null) {
      void comparePage();
      setTimeout(() => void comparePage(), DEPLOY_MS);
    }
    ownVersion ??= version;
    if (version !== null && version !== ownVersion) isOutdated.value = true;
    closeHole(seq);
    if (seq > seenUpTo()) this.#ask();
    this.#sync = setInterval(() => this.wake(), SYNC_MS);
    speakTo((where) => this.#socket?.send({ t: "here", ...where }));
  }

  /** Says how far the page is, and so asks for what comes after. */
  readonly #ask = paced(async () => {
    this.#socket?.send({ t: "sync", after: seenUpTo() });
  });

  async #closed(code: number): Promise<void> {
    this.#end();
    switch (code) {
      case SIGN_IN_AGAIN:
      case FORBIDDEN:
        // The session may have been renewed since: the server says whether it is over.
        await findSession();
        if (session.peek().kind !== "in") return;
        break;
      case RELOAD:
        isOutdated.value = true;
        this.#failures = Math.max(this.#failures, FAILURES_BEFORE_POLLING);
        break;
      default:
        break;
    }
    this.#again();
  }

  #again(): void {
    // Somebody may have looked again meanwhile.
    if (this.#isStopped || this.#socket !== null) return;
    this.#failures += 1;
    feedIs(this.#failures < FAILURES_BEFORE_POLLING ? "connecting" : "polling");
    clearTimeout(this.#retry);
    const pauseMs = backoffMs(this.#failures, Math.random());
    this.#retry = setTimeout(() => this.#connect(), pauseMs);
  }

  #end(): void {
    clearInterval(this.#sync);
    clearTimeout(this.#resume);
    speakTo(null);
    this.#socket?.end();
    this.#socket = null;
  }
}
