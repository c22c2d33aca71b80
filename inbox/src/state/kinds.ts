/** Whether changes can alter how many conversations of each kind there are. */
import type { Conversation } from "./views.ts";

/** Of which kind each conversation was when the server last reported a change of it. */
export class Kinds {
  readonly #known = new Map<string, string>();

  /** True where one was not known, or is of another kind now. */
  take(conversations: readonly Conversation[]): boolean {
    let isOther = false;
    for (const conversation of conversations) {
      const kind = kindOf(conversation);
      if (this.#known.get(conversation.id) !== kind) isOther = true;
      this.#known.set(conversation.id, kind);
    }
    return isOther;
  }

  /** Forgets them where changes may have been missed. */
  forget(): void {
    this.#known.clear();
  }
}

/** What the API counts by. */
function kindOf({ status, waiting_since, assignee, unread_count }: Conversation): string {
  return JSON.stringify([status, waiting_since !== null, assignee, unread_count > 0]);
}
