/**
 * The Durable Object that all open pages of the inbox are connected to. The log in D1 is the truth: the
 * object reads what comes after what each page has, and sends it. It keeps nothing but what stands with each
 * socket, so it may sleep at any time.
 */
import { DurableObject } from "cloudflare:workers";
import { type Connection, connectionOf, FEED_PROTOCOL } from "../api/inbox/feed.ts";
import { changesAfter, resetAt } from "../api/inbox/changes.ts";
import { errorMembers, log } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";
import { newestChange } from "../store/changes.ts";
import { createDatabase, type Database, withD1Timeout } from "../store/d1.ts";
import { QUIET_MS } from "../store/feed-hint.ts";
import {
  type Allowance,
  type ClientFrame,
  newAllowance,
  readClientFrame,
  spend,
} from "./client-frame.ts";
import { CLOSE, confirmedBy, endOf, type Follower, isSlow, peopleOf, sentTo } from "./follower.ts";

/** What changes within this time is one frame. */
const GATHER_MS = 50;

/** Pages hear of each other at most this often. */
const PEOPLE_MS = SECOND_MS;

/** Beyond this many sockets pages ask by HTTP: one object serves all of them. */
const SOCKETS_MAX = 200;

/** Where D1 hangs, the next hint or `sync` asks again. */
const D1_PATIENCE_MS = 5 * SECOND_MS;

/** The next try after D1 failed; hints until then wait for it. */
const RETRY_MS = SECOND_MS;

/** While nobody was connected, isolates heard that they need not hint; their answers may be under way. */
const WATCH_MS = 2 * QUIET_MS;

/** How often the log is read meanwhile. */
const WATCH_EVERY_MS = SECOND_MS;

type Arrival = { socket: WebSocket; connection: Connection };

export class InboxFeed extends DurableObject<Env> {
  readonly #database: Database;
  readonly #allowances = new WeakMap<WebSocket, Allowance>();
  /** One reading of the log after another: each goes on where the last one ended. */
  #turn: Promise<void> = Promise.resolve();
  #isGathering = false;
  /** Pages that wait for their hello. */
  #arrived: Arrival[] = [];
  #isPeopleDue = false;
  #peopleSentAt = 0;
  #peopleSent = "";
  #isWatching = false;
  /** By `performance.now()`, as all that it measures. */
  #watchUntil = 0;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#database = createDatabase(withD1Timeout(env, D1_PATIENCE_MS).DB);
    // Answered while the object sleeps.
    context.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  /** Something has changed in D1. False where nobody is connected: for a while no more hints are needed. */
  hint(): boolean {
    if (this.#sockets().length === 0) return false;
    this.#tellSoon(GATHER_MS);
    return true;
  }

  /** Closes the sockets of a person. */
  signedOut(name: string): void {
    for (const socket of this.#sockets()) {
      if (followerOf(socket).name === name) this.#end(socket, CLOSE.signedOut);
    }
  }

  /** Opens a socket for a page that the Worker has let in. */
  override async fetch(request: Request): Promise<Response> {
    const connection = connectionOf(request.url);
    this.#endSome();
    const open = this.#sockets().length;
    if (open >= SOCKETS_MAX) return new Response(null, { status: 503 });
    const { 0: client, 1: socket } = new WebSocketPair();
    this.ctx.acceptWebSocket(socket);
    const { protocol, name, scopes, until, after } = connection;
    const now = Date.now();
    keep(socket, {
      name,
      scopes,
      until,
      sent: after ?? 0,
      confirmed: after ?? 0,
      unconfirmedSince: null,
      // Until it has been welcomed.
      waits: true,
      heardAt: now,
      at: null,
      typing: false,
    });
    if (protocol === FEED_PROTOCOL) {
      this.#arrived.push({ socket, connection });
      void this.#inTurn(() => this.#welcome());
    } else this.#end(socket, CLOSE.otherProtocol);
    if (open === 0) void this.#watch();
    const headers = { "sec-websocket-protocol": protocol };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const now = Date.now();
    const follower = { ...followerOf(socket), heardAt: now };
    const end = endOf(follower, now, now);
    if (end !== null) return this.#end(socket, end);
    const frame = readClientFrame(message);
    if (frame === null) return this.#end(socket, CLOSE.unreadable);
    const allowance = spend(this.#allowances.get(socket) ?? newAllowance(now), frame.t, now);
    if (allowance === null) return this.#end(socket, CLOSE.tooMuch);
    this.#allowances.set(socket, allowance);
    keep(socket, follower);
    return this.#take(socket, frame);
  }

  override webSocketClose(socket: WebSocket): void {
    // For a socket that has slept the platform gives no answer, and the page's end waits for one.
    socket.close(CLOSE.done);
    this.#left(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#left(socket);
  }

  async #take(socket: WebSocket, frame: ClientFrame): Promise<void> {
    switch (frame.t) {
      case "sync":
        // Where nothing changes nobody else notices that a page is gone.
        this.#endSome();
        return this.#inTurn(async () => {
          keep(socket, confirmedBy(followerOf(socket), frame.after));
          await this.#sendFrom(frame.after, [socket]);
        });
      case "here": {
        const follower = followerOf(socket);
        if (frame.typing && !follower.scopes.includes("send")) {
          return this.#end(socket, CLOSE.forbidden);
        }
        keep(socket, { ...follower, at: frame.at, typing: frame.typing });
        void this.#tellPeople();
        return undefined;
      }
    }
  }

  /** Says to all who have come what they missed, then that they are connected: a deploy brings all at once. */
  async #welcome(): Promise<void> {
    const arrived = this.#arrived.splice(0).filter(({ socket }) => isOpen(socket));
    const byPlace = Map.groupBy(arrived, ({ connection }) => connection.after);
    try {
      for (const [after, some] of byPlace) await this.#welcomeFrom(after, some);
    } catch (error) {
      for (const { socket } of arrived) {
        if (followerOf(socket).waits) this.#end(socket, CLOSE.restart);
      }
      throw error;
    }
  }

  async #welcomeFrom(after: number | null, arrived: readonly Arrival[]): Promise<void> {
    const now = Date.now();
    const missed = after === null ? null : await changesAfter(this.#database, after, now);
    const seq = missed?.to ?? (await newestChange(this.#database));
    const time = new Date(now).toISOString();
    const list = peopleOf(this.#sockets().map(followerOf));
    for (const { socket, connection } of arrived) {
      const { name, scopes, version } = connection;
      if (missed !== null && (missed.kind === "reset" || missed.to !== after)) {
        send(socket, missed.text);
      }
      keep(socket, confirmedBy(followerOf(socket), seq));
      send(socket, JSON.stringify({ t: "hello", seq, time, version, me: { name, scopes } }));
      if (list.length > 0) send(socket, peopleFrame(list));
    }
  }

  /** Sends everybody what they lack. */
  async #tell(): Promise<void> {
    this.#endSome();
    const due = this.#sockets().filter((socket) => !followerOf(socket).waits);
    const bySent = Map.groupBy(due, (socket) => followerOf(socket).sent);
    for (const [sent, sockets] of bySent) await this.#sendFrom(sent, sockets);
  }

  /** Sends the same frame to sockets that are equally far. */
  async #sendFrom(sent: number, sockets: readonly WebSocket[]): Promise<void> {
    const now = Date.now();
    const framed = await changesAfter(this.#database, sent, now);
    if (framed.to === sent && framed.kind === "changes") return;
    for (const socket of sockets) {
      const follower = followerOf(socket);
      const slow = isSlow(follower, framed.to, now);
      send(socket, slow ? resetAt(framed.to).text : framed.text);
      keep(socket, { ...sentTo(follower, framed.to, now), waits: slow || framed.kind === "reset" });
    }
  }

  #endSome(): void {
    const now = Date.now();
    for (const socket of this.#sockets()) {
      const pingedAt = this.ctx.getWebSocketAutoResponseTimestamp(socket);
      const end = endOf(followerOf(socket), pingedAt?.getTime() ?? null, now);
      if (end !== null) this.#end(socket, end);
    }
  }

  #end(socket: WebSocket, code: number): void {
    socket.close(code);
    this.#left(socket);
  }

  #left(socket: WebSocket): void {
    if (followerOf(socket).at !== null) void this.#tellPeople();
  }

  #tellSoon(delayMs: number): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    void scheduler.wait(delayMs).then(() => {
      this.#isGathering = false;
      return this.#inTurn(() => this.#tell());
    });
  }

  /** Reads the log without a hint. */
  async #watch(): Promise<void> {
    this.#watchUntil = performance.now() + WATCH_MS;
    if (this.#isWatching) return;
    this.#isWatching = true;
    while (performance.now() < this.#watchUntil && this.#sockets().length > 0) {
      await scheduler.wait(WATCH_EVERY_MS);
      await this.#inTurn(() => this.#tell());
    }
    this.#isWatching = false;
  }

  /** Says where people are, once the last time is long enough ago. */
  async #tellPeople(): Promise<void> {
    if (this.#isPeopleDue) return;
    this.#isPeopleDue = true;
    await scheduler.wait(Math.max(0, this.#peopleSentAt + PEOPLE_MS - performance.now()));
    this.#isPeopleDue = false;
    const sockets = this.#sockets();
    const text = peopleFrame(peopleOf(sockets.map(followerOf)));
    if (text === this.#peopleSent) return;
    this.#peopleSent = text;
    this.#peopleSentAt = performance.now();
    for (const socket of sockets) send(socket, text);
  }

  /** A failure is logged, and what it left undone is tried again. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      log("error", "feed_failed", errorMembers(error));
      this.#tellSoon(RETRY_MS);
    });
    return this.#turn;
  }

  #sockets(): WebSocket[] {
    return this.ctx.getWebSockets().filter(isOpen);
  }
}

function isOpen({ readyState }: WebSocket): boolean {
  return readyState === WebSocket.OPEN;
}

function peopleFrame(list: ReturnType<typeof peopleOf>): string {
  return JSON.stringify({ t: "people", list });
}

/** To a socket that has broken nothing can be sent, and others must not suffer. */
function send(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch (error) {
    log("info", "feed_not_sent", errorMembers(error));
  }
}

function keep(socket: WebSocket, follower: Follower): void {
  socket.serializeAttachment(follower);
}

/** Our own attachment, which every accepted socket has. */
function followerOf(socket: WebSocket): Follower {
  return socket.deserializeAttachment();
}
