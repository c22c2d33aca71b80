/** An open page, as its socket keeps it while the object sleeps, and the rules of what it is sent. Pure. */
import type { Scope } from "../config/api-tokens.ts";
import { MINUTE_MS, SECOND_MS } from "../lib/time.ts";

/** Kept with the socket: the object itself forgets all when it sleeps. */
export type Follower = {
  name: string;
  scopes: readonly Scope[];
  /** When it must show again that its session goes on, in milliseconds. */
  until: number;
  /** How far it has been sent. */
  sent: number;
  /** How far it said that it is. */
  confirmed: number;
  /** When it was first sent something that it has not confirmed; null if there is nothing. */
  unconfirmedSince: number | null;
  /** It loads everything anew, and gets nothing until it asks: else a campaign's statuses would reset it at each hint. */
  waits: boolean;
  /** When it last sent anything but a ping. */
  heardAt: number;
  /** The conversation that is on screen. */
  at: string | null;
  typing: boolean;
};

export const CLOSE = {
  /** The page closed it (RFC 6455). */
  done: 1000,
  /** The session is over, or has to be shown again. */
  signedOut: 4401,
  /** What it said needs a scope that its person lacks. */
  forbidden: 4403,
  silent: 4408,
  /** The page speaks another version: load it anew. */
  otherProtocol: 4409,
  /** It says too much. */
  tooMuch: 4429,
  /** Not what the protocol has (RFC 6455). */
  unreadable: 1008,
  /** D1 does not answer: connect again later. */
  restart: 1012,
} as const;

/** A page pings every 25 s; a hidden tab's timers may run once a minute. */
const SILENT_AFTER_MS = 90 * SECOND_MS;

/** A page confirms once a minute. */
const UNCONFIRMED_MAX_MS = 2 * MINUTE_MS;

/** More than a page that reads leaves unconfirmed in a minute. */
const UNCONFIRMED_MAX_CHANGES = 2000;

/** Why a socket must end now; null if it may stay. */
export function endOf(
  { until, heardAt }: Follower,
  pingedAt: number | null,
  now: number,
): number | null {
  if (now >= until) return CLOSE.signedOut;
  return now - Math.max(heardAt, pingedAt ?? 0) > SILENT_AFTER_MS ? CLOSE.silent : null;
}

/** Whether it takes what it is sent too slowly to be sent more. */
export function isSlow(
  { confirmed, unconfirmedSince }: Follower,
  to: number,
  now: number,
): boolean {
  if (unconfirmedSince === null) return false;
  return to - confirmed > UNCONFIRMED_MAX_CHANGES || now - unconfirmedSince > UNCONFIRMED_MAX_MS;
}

export function sentTo(follower: Follower, to: number, now: number): Follower {
  return { ...follower, sent: to, unconfirmedSince: follower.unconfirmedSince ?? now };
}

/** It has all up to here, and asks for the rest. */
export function confirmedBy(follower: Follower, after: number): Follower {
  return { ...follower, sent: after, confirmed: after, unconfirmedSince: null, waits: false };
}

/** Where people are, for `people`: each once at each place. */
export function peopleOf(
  followers: readonly Follower[],
): { name: string; at: string; typing: boolean }[] {
  const people = new Map<string, { name: string; at: string; typing: boolean }>();
  for (const { name, at, typing } of followers) {
    if (at === null) continue;
    const place = JSON.stringify([name, at]);
    people.set(place, { name, at, typing: typing || people.get(place)?.typing === true });
  }
  return [...people.entries()]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, each]) => each);
}
