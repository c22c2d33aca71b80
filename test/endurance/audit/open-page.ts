import { setTimeout as sleep } from "node:timers/promises";
import { LogFollower } from "../../support/log-follower.ts";
import { finding, type Finding } from "./finding.ts";
import { API_TOKEN } from "./local-clinic.ts";

/** More often than a page asks whose feed is away. */
const LOOK_MS = 500;

/** What a browser says of a request that the inbox's own page makes. */
const OWN_PAGE = { "x-paloma-inbox": "1", "sec-fetch-site": "same-origin" };

const NO_CONTENT = 204;

/** A page of the inbox that is open all the time and knows nothing but what the log told it. */
export class OpenPage {
  readonly #url: string;
  readonly #follower: LogFollower;
  #cookie: string | null = null;

  /** @param contacts whose conversations are on screen */
  constructor(url: string, contacts: readonly string[]) {
    this.#url = url;
    this.#follower = new LogFollower(
      (path) => this.#ask(path),
      () => contacts,
    );
  }

  /** Looks again and again, whatever is away. */
  async follow(goesOn: () => boolean): Promise<void> {
    while (goesOn()) {
      await this.#look();
      await sleep(LOOK_MS);
    }
  }

  /** Where it differs from a page that is loaded now; nothing where the version has no inbox. */
  async findings(): Promise<Finding[]> {
    if (!(await this.#look())) return this.#cookie === null ? [] : [finding("page", "It lags.")];
    const differences = await this.#follower.differences();
    return differences.map((difference) => finding("page", difference));
  }

  /** False where the page did not learn how things are. */
  async #look(): Promise<boolean> {
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
