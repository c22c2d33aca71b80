/** Reads a page's whole store through the browser's debugger: the page itself has no door to it. */
import type { Page } from "playwright-core";

export type StoreDump = {
  conversations: Record<string, unknown>;
  lastMessages: Record<string, unknown>;
  /** By conversation, then by id. */
  messages: Record<string, Record<string, Record<string, unknown>>>;
};

/** What the page knows of the server, without how it came to know it. */
export async function storeOf(page: Page): Promise<StoreDump> {
  const session = await page.context().newCDPSession(page);
  try {
    const prototype = await session.send("Runtime.evaluate", { expression: "Object.prototype" });
    const { objects } = await session.send("Runtime.queryObjects", {
      prototypeObjectId: prototype.result.objectId ?? "",
    });
    const { result } = await session.send("Runtime.callFunctionOn", {
      objectId: objects.objectId ?? "",
      functionDeclaration: dumpStore.toString(),
      returnByValue: true,
    });
    return withoutWhatConversationsSay(result.value);
  } finally {
    await session.detach();
  }
}

/** Whether a customer's message is read, and what its customer is called, its conversation's own view says. */
function withoutWhatConversationsSay(dump: StoreDump): StoreDump {
  for (const message of Object.values(dump.messages).flatMap(Object.values)) {
    delete message["contact"];
    if (message["direction"] === "inbound") delete message["status"];
  }
  return dump;
}

/** Runs in the page, on all of its objects. */
function dumpStore(this: unknown[]): StoreDump {
  type Known = Map<string, { view: Record<string, unknown> }>;
  type Store = { conversations: Known; lastMessages: Known; messages: Map<string, Known> };
  const isStore = (object: unknown): object is Store =>
    typeof object === "object" &&
    object !== null &&
    ["conversations", "lastMessages", "messages", "gone"].every(
      (name) => Object.getOwnPropertyDescriptor(object, name)?.value instanceof Map,
    );
  const [store, ...others] = this.filter(isStore);
  if (store === undefined || others.length > 0) throw new Error("The page has no single store.");
  const viewsOf = (views: Known) =>
    Object.fromEntries([...views].map(([id, { view }]) => [id, view]));
  return {
    conversations: viewsOf(store.conversations),
    lastMessages: viewsOf(store.lastMessages),
    messages: Object.fromEntries(
      [...store.messages].map(([id, messages]) => [id, viewsOf(messages)]),
    ),
  };
}
