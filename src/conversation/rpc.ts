/** The RPC methods of a conversation's object, with the types that cross the isolates. */
import type { Address } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage, SendProgress } from "../message/outgoing-message.ts";
import type { ReportedIdentity } from "../message/reported-identity.ts";
import type { ClaimedKey } from "../store/idempotency-keys.ts";
import type { MessageRow } from "../store/messages.ts";
import type { ConversationProjection } from "../store/projection.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";
import type { ConversationSnapshot } from "./identity/handover.ts";
import type { Claim } from "./state/identity-rules.ts";
import type { ConversationStatus } from "./state/state.ts";
import type { Erase, Erased } from "./state/tombstone.ts";
import type { SendKey } from "./storage/recent-sends.ts";
import type { LinkedAddresses } from "./storage/record.ts";
import type { LentWriter } from "./sync/writer.ts";
import type { ArrivingPart } from "./tables/arrivals.ts";

/** The conversation as it stands now, after the object brought it into D1. */
export type Brought = {
  conversation: ConversationProjection;
  /**
   * Whether D1 and the queues have the change; if not, the object's alarm brings it. An object of 0.1.0
   * leaves it to the Worker and names no value.
   */
  in_d1?: boolean;
  /** Empty: a Worker of 0.1.0 queues these. */
  events: readonly SubscriberEvent[];
};

/** What `receive` committed. */
export type Received = Brought & {
  /** Wamids that the object had not seen before. */
  fresh: readonly string[];
  /** The final ids of the fresh messages. */
  placed: readonly { wamid: string; id: string }[];
  /** Empty: a Worker of 0.1.0 writes these to D1. */
  unsettled: readonly InboundMessage[];
};

/** The progress of a send, and of its fallback if that was just sent in its place. */
export type Sent = Brought & { progress: SendProgress; fallback: SendProgress | null };

/** Whose the idempotency key of a message is. */
export type KeyAnswer =
  | ClaimedKey
  /** D1 did not answer: nothing is sent. */
  | { kind: "unknown"; reason: string };

/** What became of a message that the object was to send. */
export type Dispatched =
  | { kind: "sent"; sent: Sent; shown: ShownSend }
  /** The person was erased, or there is no conversation yet. */
  | { kind: "not_taken" }
  /** Its idempotency key is another message's, D1 did not say whose, or that message was erased. */
  | { kind: "not_ours"; answer: Exclude<KeyAnswer, { kind: "ours" }> };

/** The ids of messages that the object did not take. */
export type Queued = { refused: readonly string[] };

/** The rows of a message and its fallback, from D1 if it answered; null where only D1 has them. */
export type ShownSend = { row: MessageRow | null; fallback: MessageRow | null };

/** A message to send, where its conversation begins if there is none, and its idempotency key. */
export type Dispatch = {
  message: OutgoingMessage;
  address: Address | null;
  key: SendKey | null;
};

/**
 * An object's answer when asked to redirect: it agrees, or already redirects to another object
 * ("elsewhere"); or its person is another, who keeps the address or does not have it (any more).
 */
export type Pointing =
  | { kind: "agreed" }
  | { kind: "elsewhere"; to: string }
  | { kind: "kept" }
  | { kind: "yielded" };

/** What became of a message that an object does not have. */
export type SendFate =
  | "not_erased"
  /** The erasure canceled it, or it came too late. */
  | "unsent"
  /** Meta was called, or the object no longer knows. */
  | "may_have_been_sent";

/** The business number and the address under which a conversation begins. */
export type Home = { phone_number_id: string; address: Address };

/**
 * What a conversation's object does for the Worker and for the objects of the same person's other
 * addresses. During a deploy an old Worker may call a new object: a method stays for one version more.
 */
export interface ConversationRpc extends Rpc.DurableObjectBranded {
  /**
   * Commits messages and brings them into D1. Known ones change nothing, nor do those from before the
   * person was erased. Messages of another person who has this phone now, or had it before, go to that
   * person's object. With `home`, another object already sorted the messages: this object takes all
   * of them. Before the answer D1 has what this object took, or the alarm is set.
   */
  receive(
    delivered: readonly InboundMessage[],
    home?: Address | null,
    writer?: LentWriter | null,
  ): Promise<Received[]>;
  /** A customer called: there is no message, but the session window opens. */
  receiveCall(
    phoneNumberId: string,
    address: Address,
    at: number,
    reported?: ReportedIdentity | null,
  ): Promise<void>;
  /**
   * Learns other addresses of the person; false if there is no conversation. With `home` the object
   * begins one: for a person who now has a phone that belonged to another.
   */
  learn(reported: ReportedIdentity, home?: Home | null): Promise<boolean>;
  /** Workers of 0.1.0 report another BSUID by this call. */
  identify(userId: string, at: number): Promise<void>;
  /** A Worker of 0.1.0 confirms here what it wrote: the object wrote it before. */
  settle(): Promise<void>;
  /** Staff read up to a message (its id), or everything; null if there is no conversation. */
  read(upTo: string | null): Promise<Brought | null>;
  /** Null if there is no conversation. */
  setStatus(status: ConversationStatus): Promise<Brought | null>;
  /** Meta accepted a message and failed it later: the customer did not get it. */
  messageFailed(messageId: string): Promise<void>;
  /**
   * Numbers the event of a change that only D1 will store; null if there is no conversation. `bring`
   * queues the event once D1 has the change.
   */
  announceChange(): Promise<Brought | null>;
  /** Brings into D1 and the queues what they lack; null if there is no conversation. */
  bring(): Promise<Brought | null>;
  /**
   * Sends a message, or queues it if it must wait. A repeat with the same id never sends twice. With an
   * address the object begins the conversation if there is none; without one, it must exist.
   */
  dispatch(given: Dispatch): Promise<Dispatched>;
  /** Waits until a message has left, or must wait; brings its outcome and returns it. */
  outcomeOf(messageId: string): Promise<Dispatched>;
  /** How a Worker of 0.1.0 sends a message, whose row it inserted. */
  send(message: OutgoingMessage, address: Address | null): Promise<Sent | null>;
  /**
   * Queues messages and brings their rows into D1; the alarm fires at once and sends them. Returns the ids
   * of those that the object did not take.
   */
  queueMessages(
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer?: LentWriter | null,
  ): Promise<Queued>;
  /** The same for messages whose rows D1 has. */
  enqueue(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<readonly string[] | undefined>;
  /** Cancels a message that has not left; its progress shows whether it had. */
  cancel(messageId: string): Promise<Sent | null>;
  /** The object of the same person's other address asks this one to redirect to it. */
  pointTo(conversationId: string, claim?: Claim | null): Pointing | Promise<Pointing>;
  /** Asked before `from` moves in: returns the object that must not move if this would close a cycle. */
  staying(from: string, least: string): Promise<string | null>;
  /** Keeps a part of the same person's conversation until `absorb` names the number of parts. */
  keepPart(from: string, part: ArrivingPart): Promise<void>;
  /** Takes over the same person's conversation; null if the person was erased since. */
  absorb(from: string, snapshot: ConversationSnapshot): Promise<ConversationProjection | null>;
  /** The person's other addresses and objects; null if there is no person. */
  whereabouts(): LinkedAddresses | null;
  /** Forgets the person; null with `onlyIfSilent` if there was activity since. */
  erase(asked: Erase): Promise<Erased | null>;
  /** What became of a message that the object did not take or no longer has. */
  fateOf(messageId: string, madeAt: number): Promise<SendFate>;
}
