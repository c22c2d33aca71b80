import type { Customer } from "./customer.ts";

/** What customers wrote: the messages that can be marked as read or reacted to. */
export interface WrittenMessages {
  add(message: WrittenMessage): void;
  find(wamid: string): WrittenMessage | undefined;
}

interface WrittenMessage {
  readonly wamid: string;
  readonly phoneNumberId: string;
  readonly customer: Customer;
  /** The type of its content. */
  readonly type: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** The customer deleted it afterwards. */
  isDeleted: boolean;
}

export function writtenMessages(): WrittenMessages {
  const messages = new Map<string, WrittenMessage>();
  return {
    add: (message) => void messages.set(message.wamid, message),
    find: (wamid) => messages.get(wamid),
  };
}
