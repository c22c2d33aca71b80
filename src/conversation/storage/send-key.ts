/** The idempotency key of a send, as Worker and object pass it to each other. */
import type { ClaimedKey, KeyClaim } from "../../store/idempotency-keys.ts";

/** The object gives the message its id, and knows its conversation. */
export type SendKey = Omit<KeyClaim, "message_id" | "conversation_id">;

/** Whose the idempotency key of a message is. */
export type KeyAnswer =
  | ClaimedKey
  /** D1 did not answer: nothing is sent. */
  | { kind: "unknown"; reason: string };
