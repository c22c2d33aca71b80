/** Calls a conversation's object, once more where the platform says that this may help. */
import type { Conversation } from "./conversation.ts";

type ConversationStub = DurableObjectStub<Conversation>;

/**
 * A stub that failed stays broken, so a new one is made to repeat. Every method of the object may
 * be repeated: each recognises what it has already taken.
 */
export async function callConversation<Result>(
  namespace: DurableObjectNamespace<Conversation>,
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

/** What one call carries at most, as JSON; an RPC argument may have 32 MiB. */
const CALL_MAX_CHARACTERS = 4_000_000;

/** So few messages, the largest there are, fit into one call. */
const SURELY_FIT_MESSAGES = 10;

/** Messages in their order, as many at once as one call carries. */
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

/** An overloaded object must not be asked again at once. */
function mayRepeat(error: unknown): boolean {
  return (
    error instanceof Error &&
    "retryable" in error &&
    error.retryable === true &&
    !("overloaded" in error && error.overloaded === true)
  );
}
