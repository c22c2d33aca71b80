/** The RPC methods of a conversation's object, with the types that cross the isolates. */
import type { Address } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage, SendProgress } from "../message/outgoing-message.ts";
import type { ReportedIdentity } from "../message/reported-identity.ts";
import type { MessageRow } from "../store/messages.ts";
import type { ConversationProjection } from "../store/projection.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";
import type { ConversationSnapshot } from "./identity/handover.ts";
import type { Claim } from "./state/identity-rules.ts";
import type { ConversationStatus } from "./state/state.ts";
import type { Erase, Erased } from "./state/tombstone.ts";
import type { LinkedAddresses } from "./storage/record.ts";
import type { KeyAnswer, SendKey } from "./storage/send-key.ts";
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
  receive(
    delivered: readonly InboundMessage[],
    home?: Address | null,
    writer?: LentWriter | null,
  ): Promise<Received[]>;
  receiveCall(
    phoneNumberId: string,
    address: Address,
    at: number,
    reported?: ReportedIdentity | null,
  ): Promise<void>;
  learn(reported: ReportedIdentity, home?: Home | null): Promise<boolean>;
  identify(userId: string, at: number): Promise<void>;
  settle(): Promise<void>;
  read(upTo: string | null): Promise<Brought | null>;
  setStatus(status: ConversationStatus): Promise<Brought | null>;
  announceChange(): Promise<Brought | null>;
  bring(): Promise<Brought | null>;
  dispatch(given: Dispatch): Promise<Dispatched>;
  outcomeOf(messageId: string): Promise<Dispatched>;
  send(message: OutgoingMessage, address: Address | null): Promise<Sent | null>;
  queueMessages(
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer?: LentWriter | null,
  ): Promise<Queued>;
  enqueue(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<readonly string[] | undefined>;
  cancel(messageId: string): Promise<Sent | null>;
  pointTo(conversationId: string, claim?: Claim | null): Pointing | Promise<Pointing>;
  staying(from: string, least: string): Promise<string | null>;
  keepPart(from: string, part: ArrivingPart): Promise<void>;
  absorb(from: string, snapshot: ConversationSnapshot): Promise<ConversationProjection | null>;
  whereabouts(): LinkedAddresses | null;
  erase(asked: Erase): Promise<Erased | null>;
  fateOf(messageId: string, madeAt: number): Promise<SendFate>;
}
