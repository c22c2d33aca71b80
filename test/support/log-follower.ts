/**
 * A page of the inbox that knows nothing but what the log told it: the reader that the invariant of
 * docs/invariants.md speaks of.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- views, compared whole
type View = any;

type Answer = { status: number; body: View };

type Ask = (path: string) => Promise<Answer>;

const PAGE = 200;

export class LogFollower {
  readonly conversations = new Map<string, View>();
  readonly messages = new Map<string, View>();
  /** Views that the log brought. */
  changesTaken = 0;
  timesLoaded = 0;
  #seq: number | null = null;
  readonly #ask: Ask;
  readonly #contacts: () => readonly string[];
  readonly #shows: (conversation: View) => boolean;

  /**
   * @param ask asks the inbox's API; a refusal is one more fault
   * @param contacts whose conversations are on screen
   * @param shows whether a conversation is one of theirs
   */
  constructor(
    ask: Ask,
    contacts: () => readonly string[],
    shows: (conversation: View) => boolean = () => true,
  ) {
    this.#ask = ask;
    this.#contacts = contacts;
    this.#shows = shows;
  }

  /** Takes what came since the last time; false where it could not. */
  async follow(): Promise<boolean> {
    if (this.#seq === null) return this.#loadAnew();
    const { status, body } = await this.#ask(`/inbox/api/changes?after=${this.#seq}`);
    if (status !== 200) return false;
    if (body.t === "reset") return this.#loadAnew();
    for (const id of body.gone) {
      this.conversations.delete(id);
      this.messages.delete(id);
    }
    for (const view of body.conversations.filter(this.#shows)) {
      this.conversations.set(view.id, shown(view));
      this.changesTaken += 1;
    }
    for (const view of body.messages) {
      if (!this.conversations.has(view.conversation_id)) continue;
      this.messages.set(view.id, shown(view));
      this.changesTaken += 1;
    }
    this.#seq = body.to;
    return true;
  }

  /** How it differs from what the API shows now; empty if it does not. */
  async differences(): Promise<string[]> {
    const now = new LogFollower(this.#ask, this.#contacts, this.#shows);
    if (!(await now.follow())) return ["the API does not answer"];
    return [
      ...differencesOf("conversation", this.conversations, now.conversations),
      ...differencesOf("message", this.messages, now.messages),
    ];
  }

  /** As a page does: first how far the log goes, then what is on screen. */
  async #loadAnew(): Promise<boolean> {
    const { status, body } = await this.#ask("/inbox/api/changes");
    if (status !== 200) return false;
    const conversations: View[] = [];
    const messages: View[] = [];
    for (const contact of this.#contacts()) {
      const list = await this.#ask(
        `/inbox/api/conversations?include=last_message&contact=${contact}`,
      );
      // Digits that nobody has are refused as misspelt.
      if (list.status === 422) continue;
      if (list.status !== 200) return false;
      conversations.push(...list.body.data);
    }
    for (const id of new Set(conversations.map((each) => each.id))) {
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: Answer = await this.#ask(
          `/inbox/api/conversations/${id}/messages?limit=${PAGE}${cursor}`,
        );
        if (page.status !== 200) return false;
        messages.push(...page.body.data);
        cursor = page.body.next_cursor === null ? null : `&cursor=${page.body.next_cursor}`;
      }
    }
    this.conversations.clear();
    this.messages.clear();
    for (const view of conversations) this.conversations.set(view.id, shown(view));
    for (const view of messages) this.messages.set(view.id, shown(view));
    this.#seq = body.seq;
    this.timesLoaded += 1;
    return true;
  }
}

/** What follows from the clock, or from the conversation, is not told by itself. */
function shown({ session_window, contact, status, ...view }: View): View {
  if (session_window !== undefined) {
    return { ...view, contact, status, expires_at: session_window.expires_at };
  }
  return view.direction === "inbound" ? view : { ...view, status };
}

function differencesOf(
  what: string,
  told: ReadonlyMap<string, View>,
  now: ReadonlyMap<string, View>,
): string[] {
  return [...new Set([...told.keys(), ...now.keys()])].flatMap((id) => {
    const [one, other] = [told.get(id), now.get(id)].map((view) => JSON.stringify(view ?? null));
    return one === other ? [] : [`${what} ${id}: told ${one}, is ${other}`];
  });
}
