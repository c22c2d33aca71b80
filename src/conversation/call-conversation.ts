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

/** An overloaded object must not be asked again at once. */
function mayRepeat(error: unknown): boolean {
  return (
    error instanceof Error &&
    "retryable" in error &&
    error.retryable === true &&
    !("overloaded" in error && error.overloaded === true)
  );
}
