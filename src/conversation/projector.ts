/** Brings what an object holds into D1: the same projection as the Worker's, for what it left. */
import { withDeadline } from "../deadline.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { oneByOneIfRefused } from "../store/one-by-one.ts";
import { project, type ConversationProjection } from "../store/projection.ts";
import {
  conversationProjection,
  messageProjection,
  sendProjection,
} from "./conversation-projection.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { ConversationStorage } from "./conversation-storage.ts";
import type { InboundMessage } from "./inbound-message.ts";
import type { SendProgress } from "./outgoing-message.ts";

/** D1 answers within milliseconds; what waits behind one that hangs must not wait for ever. */
const D1_PATIENCE_MS = 5000;

/** A message that D1 can't hold is the operator's; the others must not wait for it. */
function deadLetterOf(conversation_id: string, message: InboundMessage) {
  const payload = JSON.stringify({ conversation_id, message });
  return { source: "message", reason: "D1 refused its content", payload };
}

/** What D1 now knows. */
export type Settlement = {
  version: number;
  wamids: readonly string[];
  sends: readonly SendProgress[];
};

export class Projector {
  readonly #storage: ConversationStorage;
  readonly #d1: D1Database;
  readonly #ownId: string;
  /** The version known to be in D1; null after waking, when nobody remembers. */
  #settledVersion: number | null = null;

  constructor(storage: ConversationStorage, d1: D1Database, ownId: string) {
    this.#storage = storage;
    this.#d1 = d1;
    this.#ownId = ownId;
  }

  view(state: ConversationState): ConversationProjection {
    return conversationProjection(this.#ownId, state);
  }

  /** Forgets what is in D1 now. */
  settle({ version, wamids, sends }: Settlement): void {
    this.#settledVersion = Math.max(this.#settledVersion ?? 0, version);
    this.#storage.transaction(() => {
      if (wamids.length > 0) this.#storage.inbox.settle(wamids);
      this.#storage.outbox.record(sends);
    });
  }

  /** Until nothing is left; throws what D1 throws. */
  async bringIntoD1(): Promise<void> {
    const { inbox, outbox } = this.#storage;
    for (;;) {
      const { state } = this.#storage;
      if (state === null) return;
      const messages = inbox.unsettled();
      const sends = outbox.unrecorded();
      if (messages.length + sends.length === 0 && state.version === this.#settledVersion) return;
      const conversation = this.view(state);
      const database = createDatabase(this.#d1);
      const refused = await oneByOneIfRefused(messages, (some) =>
        withDeadline(
          project(database, {
            conversations: [conversation],
            messages: some.map((message) => messageProjection(conversation.id, message)),
            sends: sends.map((progress) => sendProjection(conversation.id, progress)),
          }),
          D1_PATIENCE_MS,
        ),
      );
      const letters = refused.map((message) => deadLetterOf(conversation.id, message));
      await withDeadline(keepDeadLetters(database, letters, Date.now()), D1_PATIENCE_MS);
      const wamids = messages.map(({ wamid }) => wamid);
      this.settle({ version: conversation.version, wamids, sends });
    }
  }
}
