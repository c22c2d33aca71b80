/** Brings what an object holds into D1: the same projection as the Worker's, for what it left. */
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
import { queueProjected } from "./queue-projected.ts";

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

/** Where it brings what to. */
export type ProjectorEnv = Parameters<typeof queueProjected>[0] & Pick<Env, "DB">;

export class Projector {
  readonly #storage: ConversationStorage;
  readonly #env: ProjectorEnv;
  readonly #ownId: string;
  /** The version known to be in D1; null after waking, when nobody remembers. */
  #settledVersion: number | null = null;

  constructor(storage: ConversationStorage, env: ProjectorEnv, ownId: string) {
    this.#storage = storage;
    this.#env = env;
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
      const database = createDatabase(this.#env.DB);
      const refused = await oneByOneIfRefused(messages, async (some) => {
        const projected = some.map((message) => messageProjection(conversation.id, message));
        await project(database, {
          conversations: [conversation],
          messages: projected,
          sends: sends.map((progress) => sendProjection(conversation.id, progress)),
        });
        await queueProjected(this.#env, projected);
      });
      await keepDeadLetters(
        database,
        refused.map((message) => deadLetterOf(conversation.id, message)),
        Date.now(),
      );
      const wamids = messages.map(({ wamid }) => wamid);
      this.settle({ version: conversation.version, wamids, sends });
    }
  }
}
