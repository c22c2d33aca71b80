import { setTimeout as sleep } from "node:timers/promises";
import { LogFollower } from "../../support/log-follower.ts";
import { finding, type Finding } from "./finding.ts";
import { API_TOKEN } from "./local-clinic.ts";
import { contactOf, identityOf, type Person } from "./people.ts";
import type { Store } from "./read-store.ts";

/** More often than a page asks whose feed is away. */
const LOOK_MS = 500;

/** What a browser says of a request that the inbox's own page makes. */
const OWN_PAGE = { "x-paloma-inbox": "1", "sec-fetch-site": "same-origin" };

const NO_CONTENT = 204;

/**
 * Of more, a page has not loaded all before so much has changed that it must load all once more: it would never
 * follow the log. Some have a phone, one has hidden it.
 */
const SHOWN_PEOPLE = 5;

/** A page of the inbox that is open all the time and knows nothing but what the log told it. */
export class OpenPage {
  readonly #url: string;
  readonly #follower: LogFollower;
  readonly #shown: ReadonlySet<string>;
  #cookie: string | null = null;

  /** @param people the first of them are on screen */
  constructor(url: string, people: readonly Person[]) {
    const shown = people.slice(0, SHOWN_PEOPLE);
    this.#url = url;
    this.#shown = new Set(shown.map(identityOf));
    this.#follower = new LogFollower(
      (path) => this.#ask(path),
      () => shown.map(contactOf),
      ({ contact }) => this.#shown.has(contact.phone ?? contact.user_id),
    );
  }

  /** Looks again and again, whatever is away. */
  async follow(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.look();
      await sleep(LOOK_MS);
    }
  }

  /** What it shows, and how it came to know that. */
  get figures(): Readonly<Record<string, number>> {
    const { conversations, messages, changesTaken, timesLoaded } = this.#follower;
    return {
      "conversations and messages on the open page": conversations.size + messages.size,
      "changes that the page took": changesTaken,
      "times that the page loaded everything": timesLoaded,
    };
  }

  /** Where it differs from a page that is loaded now, and what it lacks of the store. */
  async findings(store: Store): Promise<Finding[]> {
    if (!(await this.look())) {
      return [finding("page", this.#cookie === null ? "Nobody can sign in." : "It lags.")];
    }
    const { conversations, messages, changesTaken } = this.#follower;
    const onScreen = store.conversations.filter(({ contact }) =>
      this.#shown.has(contact.phone ?? contact.user_id ?? ""),
    );
    const ids = new Set(onScreen.map(({ id }) => id));
    const theirs = store.messages.filter(({ conversation_id }) => ids.has(conversation_id));
    const lacking = [...onScreen, ...theirs]
      .filter(({ id }) => !conversations.has(id) && !messages.has(id))
      .map(({ id }) => `It lacks ${id}.`);
    const differences = await this.#follower.differences();
    // A page that was only loaded can't differ from one that is loaded now.
    const idle = changesTaken === 0 ? ["It took no change from the log."] : [];
    return [...differences, ...lacking, ...idle].map((detail) => finding("page", detail));
  }

  /** False where the page did not learn how things are. */
  async look(): Promise<boolean> {
    try {
      this.#cookie ??= await this.#signIn();
      return this.#cookie !== null && (await this.#follower.follow());
    } catch {
      // The Worker is down, or goes down meanwhile.
      return false;
    }
  }

  async #signIn(): Promise<string | null> {
    const { status, headers } = await fetch(`${this.#url}/inbox/session`, {
      method: "POST",
      headers: { ...OWN_PAGE, "content-type": "application/json" },
      body: JSON.stringify({ token: API_TOKEN }),
    });
    return status === NO_CONTENT ? (headers.getSetCookie()[0]?.split(";")[0] ?? null) : null;
  }

  async #ask(path: string) {
    const headers = { ...OWN_PAGE, cookie: this.#cookie ?? "" };
    const response = await fetch(`${this.#url}${path}`, { headers });
    return { status: response.status, body: await response.json() };
  }
}
