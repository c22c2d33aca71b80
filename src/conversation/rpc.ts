/** What a conversation's object answers to the Worker. */
import type { Address } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage, SendProgress } from "../message/outgoing-message.ts";
import type { ToldIdentity } from "../message/told-identity.ts";
import type { ConversationProjection } from "../store/projection.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";
import type { ArrivingPart, ConversationSnapshot } from "./handover.ts";
import type { Claim } from "./identity-rules.ts";
import type { LinkedAddresses } from "./record.ts";
import type { ConversationStatus } from "./state.ts";
import type { Erase, Erased } from "./tombstone.ts";

/** How the conversation stands now, and what of it subscribers are still to be told. */
export type Changed = {
  conversation: ConversationProjection;
  events: readonly SubscriberEvent[];
};

/** What `receive` took: D1 needs the `fresh` messages, and the `unsettled` that it still lacks. */
export type Received = Changed & {
  /** Wamids never seen before. */
  fresh: readonly string[];
  /** Under which ids they stand from now on; an object of 0.1.0 keeps those that it was given. */
  placed?: readonly { wamid: string; id: string }[];
  unsettled: readonly InboundMessage[];
};

/** Where a send came to, and its fallback if that went in its place just now. */
export type Sent = Changed & { progress: SendProgress; fallback: SendProgress | null };

/**
 * What an object answers when asked to lead elsewhere: it will, or it leads somewhere already; or its
 * person is another, who keeps the address or does not have it (any more).
 */
export type Pointing =
  | { kind: "agreed" }
  | { kind: "elsewhere"; to: string }
  | { kind: "kept" }
  | { kind: "yielded" };

/** What D1 now knows. */
export type Settlement = {
  version: number;
  wamids: readonly string[];
  sends: readonly SendProgress[];
  /** Numbers of what the event queue now knows of the conversation itself. */
  events: readonly number[];
};

/** What became of a message that an object does not have. */
export type SendFate =
  | "not_erased"
  /** It was taken back, or came too late. */
  | "unsent"
  /** Meta was called, or nobody remembers. */
  | "may_have_been_sent";

/** Where a conversation begins. */
export type Home = { phone_number_id: string; address: Address };

/**
 * What a conversation's object does for the Worker and for the objects of the same person's other
 * addresses. An old Worker may call a new object: what it calls stays for one version.
 */
export interface ConversationRpc extends Rpc.DurableObjectBranded {
  receive(delivered: readonly InboundMessage[], home?: Address | null): Promise<Received[]>;
  receiveCall(
    phoneNumberId: string,
    address: Address,
    at: number,
    told?: ToldIdentity | null,
  ): Promise<void>;
  learn(told: ToldIdentity, home?: Home | null): Promise<boolean>;
  identify(userId: string, at: number): Promise<void>;
  settle(settlement: Settlement): Promise<void>;
  read(upTo: string | null): Promise<Changed | null>;
  setStatus(status: ConversationStatus): Promise<Changed | null>;
  announceChange(): Promise<Changed | null>;
  send(message: OutgoingMessage, address: Address | null): Promise<Sent | null>;
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
