/**
 * How the Worker calls conversations' objects. A call that the platform reports as retryable is made
 * once more, which is safe: every method of the object recognises what it has already taken.
 */
import { type Address, conversationName } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import type { ReportedIdentity } from "../message/reported-identity.ts";
import type { ConversationRpc, Dispatch, Dispatched } from "./rpc.ts";
import type { ConversationStatus } from "./state/state.ts";
import type { Erase } from "./state/tombstone.ts";
import type { LentWriter } from "./sync/writer.ts";

type Namespace = DurableObjectNamespace<ConversationRpc>;
type ConversationStub = DurableObjectStub<ConversationRpc>;

export function conversations(env: Pick<Env, "CONVERSATION">): ConversationClient {
  return new ConversationClient(env.CONVERSATION);
}

/** Methods of the object by its conversation's id; `ConversationRpc` says what each does. */
class ConversationClient {
  readonly #namespace: Namespace;

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  /** The id of the object that an address on a business number has, whether anything is there or not. */
  idOf(phoneNumberId: string, address: Address): string {
    return this.#namespace.idFromName(conversationName(phoneNumberId, address)).toString();
  }

  /** @param name the object's name: its id would have to be verified again */
  receive(name: string, messages: readonly InboundMessage[], writer: LentWriter | null) {
    return callConversation(this.#namespace, this.#namespace.idFromName(name), (stub) =>
      stub.receive(messages, null, writer),
    );
  }

  receiveCall(
    id: string,
    call: { phoneNumberId: string; address: Address; at: number; identity: ReportedIdentity },
  ) {
    return this.#call(id, (stub) =>
      stub.receiveCall(call.phoneNumberId, call.address, call.at, call.identity),
    );
  }

  learn(id: string, identity: ReportedIdentity) {
    return this.#call(id, (stub) => stub.learn(identity));
  }

  read(id: string, upTo: string | null) {
    return this.#call(id, (stub) => stub.read(upTo));
  }

  setStatus(id: string, status: ConversationStatus) {
    return this.#call(id, (stub) => stub.setStatus(status));
  }

  messageFailed(id: string, messageId: string) {
    return this.#call(id, (stub) => stub.messageFailed(messageId));
  }

  announceChange(id: string) {
    return this.#call(id, (stub) => stub.announceChange());
  }

  bring(id: string) {
    return this.#call(id, (stub) => stub.bring());
  }

  /** Only for an object of 0.1.0, which has no `dispatch`. */
  send(id: string, message: OutgoingMessage, address: Address | null) {
    return this.#call(id, (stub) => stub.send(message, address));
  }

  dispatch(id: string, given: Dispatch) {
    return this.#call(id, async (stub): Promise<Dispatched> => stub.dispatch(given));
  }

  outcomeOf(id: string, messageId: string) {
    return this.#call(id, async (stub): Promise<Dispatched> => stub.outcomeOf(messageId));
  }

  queueMessages(
    id: string,
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer: LentWriter,
  ) {
    return this.#call(id, (stub) => stub.queueMessages(messages, address, writer));
  }

  /** For messages whose rows D1 has, and for an object of 0.1.0. */
  enqueue(id: string, messages: readonly OutgoingMessage[], address: Address | null) {
    return this.#call(id, (stub) => stub.enqueue(messages, address));
  }

  cancel(id: string, messageId: string) {
    return this.#call(id, (stub) => stub.cancel(messageId));
  }

  fateOf(id: string, messageId: string, madeAt: number) {
    return this.#call(id, async (stub) => stub.fateOf(messageId, madeAt));
  }

  linkedAddresses(id: string) {
    return this.#call(id, async (stub) => stub.whereabouts());
  }

  erase(id: string, request: Erase) {
    return this.#call(id, (stub) => stub.erase(request));
  }

  #call<Result>(id: string, call: (stub: ConversationStub) => Promise<Result>): Promise<Result> {
    return callConversation(this.#namespace, this.#namespace.idFromString(id), call);
  }
}

/** Makes a new stub for the second call, since a stub that failed stays broken. */
export async function callConversation<Result>(
  namespace: Namespace,
  id: DurableObjectId,
  call: (stub: ConversationStub) => Promise<Result>,
): Promise<Result> {
  try {
    return await call(namespace.get(id));
  } catch (error) {
    if (!mayRepeat(error)) throw error;
    return call(namespace.get(id));
  }
}

/** Calling an overloaded object again at once would add to its load. */
function mayRepeat(error: unknown): boolean {
  return (
    error instanceof Error &&
    "retryable" in error &&
    error.retryable === true &&
    !("overloaded" in error && error.overloaded === true)
  );
}

/** As JSON; Cloudflare allows 32 MiB for an RPC argument. */
const CALL_MAX_CHARACTERS = 4_000_000;

/** So few messages fit into one call even at Meta's largest size, so nothing is measured. */
const SURELY_FIT_MESSAGES = 10;

/** Splits messages, in their order, into lists that one call each can carry. */
export function inCalls<Message>(messages: readonly Message[]): (readonly Message[])[] {
  if (messages.length <= SURELY_FIT_MESSAGES) return [messages];
  const calls: Message[][] = [];
  let characters = Infinity;
  for (const message of messages) {
    const size = JSON.stringify(message).length;
    if (characters + size > CALL_MAX_CHARACTERS) {
      calls.push([]);
      characters = 0;
    }
    calls.at(-1)?.push(message);
    characters += size;
  }
  return calls;
}
