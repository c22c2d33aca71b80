/** What an inbound message of each type does to its conversation: pure. */
import type { InboundMessage } from "./inbound-message.ts";

type InboundEffect = {
  countsAsUnread: boolean;
  opensWindow: boolean;
  movesLastMessage: boolean;
  reopens: boolean;
};

/** Any message that a customer writes, of a known type or not. */
const WRITTEN: InboundEffect = {
  countsAsUnread: true,
  opensWindow: true,
  movesLastMessage: true,
  reopens: true,
};

const NOTHING: InboundEffect = {
  countsAsUnread: false,
  opensWindow: false,
  movesLastMessage: false,
  reopens: false,
};

const BY_TYPE = new Map<string, InboundEffect>([
  ["reaction", { ...NOTHING, opensWindow: true }],
  ["edit", NOTHING],
  ["revoke", NOTHING],
  ["system", NOTHING],
]);

export function inboundEffect(
  message: Pick<InboundMessage, "type" | "direction" | "address">,
): InboundEffect {
  const effect = BY_TYPE.get(message.type) ?? WRITTEN;
  if (message.direction === "outbound") {
    return { ...NOTHING, movesLastMessage: effect.movesLastMessage };
  }
  // A group has no session window.
  return message.address.kind === "group" ? { ...effect, opensWindow: false } : effect;
}
