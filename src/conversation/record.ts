/**
 * What an object stored or another sent, as any version since 0.1.0 wrote it: pure.
 *
 * Where else the person of a conversation is known: pure.
 */
import type { Address } from "../lib/address.ts";
import { addressesOf, type ConversationState } from "./state.ts";
import type { Tombstone } from "./tombstone.ts";

/**
 * Where a conversation goes, and where its own address leads then. They differ where a phone was
 * given to someone else: `home` is then the BSUID under which its former owner goes on.
 */
export type MergeTarget = { into: string; heir: string; home: Address | null };

/** What was moved and is not confirmed yet. */
export type PendingHandover = { into: string; home: Address | null; state: ConversationState };

/**
 * An object is empty until something happens to it. A live one may be about to leave; a moved one
 * passes everything on: `departing` is what its destination has not confirmed yet, `sequence` and
 * `version` where it left off, should it ever be live again. An erased one goes on counting likewise.
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
  /** The time of the claim by which it leads there, by Meta's clock; left out = none. */
  since?: number;
  sequence: number;
  version: number;
};

/** Members that came later, and what stands in their place where they are missing. */
const LATER = {
  sequence: 0,
  events: [],
  newest_id: "",
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

/** What stands beside any record. */
type BesideRecord = {
  /** What is left of whoever was erased; null if nobody was. */
  tombstone: Tombstone | null;
  /** Whether events wait in rows of their own. */
  has_untold: boolean;
};

export function readBeside(text: string): BesideRecord {
  const { tombstone = null, has_untold = false }: Partial<BesideRecord> = JSON.parse(text);
  return { tombstone, has_untold };
}

export function readRecord(text: string): ConversationRecord {
  const record: OlderRecord = JSON.parse(text);
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

export type LinkedAddresses = {
  /** Every address of the person. */
  addresses: readonly Address[];
  /** The objects that this one leads to. */
  leads_to: readonly string[];
  /** Whether a conversation is on its way from here to another object. */
  moving: boolean;
};

/** What an object knows; null where nobody is. */
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
      // A phone that was given to someone else leads to that person and tells nothing of this one.
      return { addresses: [], leads_to: [to], moving: departing !== null };
    }
  }
}
