/**
 * The record of a conversation object: what it stores in its one row, and its readers, which accept the
 * JSON of every version since 0.1.0. Pure.
 */
import type { Address } from "../../lib/address.ts";
import { addressesOf } from "../state/addresses.ts";
import type { SeenEntry } from "../state/seen.ts";
import type { ConversationState } from "../state/state.ts";
import type { Tombstone } from "../state/tombstone.ts";
import { NO_WAIT } from "../state/unanswered.ts";
import { asStored, type RecentSend } from "./recent-sends.ts";

/**
 * A move that is about to start: the conversation goes `into` one object, and this object then redirects to
 * `heir`. They differ if the phone was given to another person: then `heir` is the object of the phone's
 * new owner, and `home` is the BSUID under which the former owner's conversation goes on.
 */
export type MergeTarget = { into: string; heir: string; home: Address | null };

/** A conversation that left, until its target confirms it. */
export type PendingHandover = { into: string; home: Address | null; state: ConversationState };

/**
 * An object is empty until something happens to it. A live one may be about to leave. A moved one
 * forwards every call to `to`; `departing` is what the target has not confirmed yet. Moved and erased ones
 * keep `sequence` and `version`, from which they go on counting if they become live again.
 */
export type ConversationRecord =
  | { kind: "empty" }
  | { kind: "live"; state: ConversationState; leaving: MergeTarget | null }
  | MovedRecord
  | { kind: "erased"; sequence: number; version: number };

export type MovedRecord = {
  kind: "moved";
  to: string;
  departing: PendingHandover | null;
  /** The time of the claim behind the redirect, by Meta's clock; absent = none. */
  since?: number;
  sequence: number;
  version: number;
};

/** Members added after 0.1.0, with the values for rows that lack them. */
const LATER = {
  sequence: 0,
  events: [],
  newest_id: "",
  ...NO_WAIT,
  phones: {},
  found_by_more: false,
} as const;

type Older<Whole, Member extends keyof Whole> = Omit<Whole, Member> & Partial<Pick<Whole, Member>>;

type OlderState = Older<ConversationState, keyof typeof LATER>;

type OlderRecord =
  | Extract<ConversationRecord, { kind: "empty" | "erased" }>
  | (Omit<Extract<ConversationRecord, { kind: "live" }>, "state"> & { state: OlderState })
  | (Omit<Extract<ConversationRecord, { kind: "moved" }>, "departing" | "sequence" | "version"> & {
      departing: (Omit<PendingHandover, "state"> & { state: OlderState }) | null;
      sequence?: number;
      version?: number;
    });

export function readState(state: OlderState): ConversationState {
  return { ...LATER, ...state };
}

/** Members beside a record of any kind; values are replaced and never changed in place. */
export type BesideRecord = {
  /** What remains of an erased person; null if none was erased here. */
  readonly tombstone: Tombstone | null;
  /** Whether events wait in the table `untold_events`. */
  readonly has_untold: boolean;
  /** The messages from Meta that the object took last. */
  readonly seen: readonly SeenEntry[];
  /** The last messages to the customer that left at once, and the one under way. */
  readonly sends: readonly RecentSend[];
};

/** What the one row holds. */
export type ObjectRow = { record: ConversationRecord; beside: BesideRecord };

const EMPTY_ROW: ObjectRow = {
  record: { kind: "empty" },
  beside: { tombstone: null, has_untold: false, seen: [], sends: [] },
};

/** A row with whether an alarm was pending when it was written; an older version does not say. */
export function readRow(text: string | null): { row: ObjectRow; isUnderAlarm: boolean } {
  if (text === null) return { row: EMPTY_ROW, isUnderAlarm: false };
  const stored: OlderRecord & Partial<BesideRecord> & { under_alarm?: boolean } = JSON.parse(text);
  const { tombstone = null, has_untold = false, seen = [], sends = [], ...others } = stored;
  const { under_alarm: isUnderAlarm = false, ...record } = others;
  const row = { record: readRecord(record), beside: { tombstone, has_untold, seen, sends } };
  return { row, isUnderAlarm };
}

/** The text of the row. An object of 0.1.0 ignores the members that it does not know. */
export function rowText({ record, beside }: ObjectRow, isUnderAlarm: boolean): string {
  const { tombstone, has_untold, seen, sends } = beside;
  return JSON.stringify({
    ...record,
    tombstone: tombstone ?? undefined,
    has_untold: has_untold || undefined,
    seen: seen.length === 0 ? undefined : seen,
    sends: sends.length === 0 ? undefined : sends.map(asStored),
    under_alarm: isUnderAlarm || undefined,
  });
}

function readRecord(record: OlderRecord): ConversationRecord {
  switch (record.kind) {
    case "empty":
    case "erased":
      return record;
    case "live":
      return { ...record, state: readState(record.state) };
    case "moved": {
      const { departing } = record;
      return {
        ...record,
        sequence: record.sequence ?? LATER.sequence,
        version: record.version ?? departing?.state.version ?? 0,
        departing: departing === null ? null : { ...departing, state: readState(departing.state) },
      };
    }
  }
}

/** The numbers of the last event and of the last version that D1 may have seen: both are never given again. */
export function countersOf(record: ConversationRecord): { sequence: number; version: number } {
  switch (record.kind) {
    case "empty":
      return { sequence: 0, version: 0 };
    case "live":
      return record.state;
    case "moved":
    case "erased":
      return record;
  }
}

export type LinkedAddresses = {
  /** Every address of the person. */
  addresses: readonly Address[];
  /** The objects that this one redirects to. */
  leads_to: readonly string[];
  /** Whether a conversation is moving from here to another object. */
  moving: boolean;
};

/** The person's addresses that an object knows; null if it has no person. */
export function linkedAddressesOf(record: ConversationRecord): LinkedAddresses | null {
  switch (record.kind) {
    case "empty":
    case "erased":
      return null;
    case "live": {
      const { state, leaving } = record;
      return { addresses: addressesOf(state), leads_to: [], moving: leaving !== null };
    }
    case "moved": {
      const { to, departing } = record;
      // The phone may redirect to its new owner: then it says nothing about the former one.
      return { addresses: [], leads_to: [to], moving: departing !== null };
    }
  }
}
