/** What a conversation's object answers to the Worker. */
import type { InboundMessage } from "../message/inbound-message.ts";
import type { SendProgress } from "../message/outgoing-message.ts";
import type { ConversationProjection } from "../store/projection.ts";
import type { SubscriberEvent } from "../subscribers/event.ts";

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
