/** What lies between a page and its feed: a journey cuts it, or loses and changes what comes through. */
import type { Page, WebSocketRoute } from "playwright-core";

const FEED = /\/inbox\/feed\?/;

/** The server is restarted. */
const RESTARTED = 1012;

export class FeedLine {
  /** What the feed said, as it said it. */
  readonly said: { t: string; from?: number; to?: number; conversations?: unknown[] }[] = [];
  /** What of it comes through; null for nothing. */
  through: (text: string) => string | null = (text) => text;
  /** How often a page tried to connect. */
  tries = 0;
  #cutWith: number | null = null;
  readonly #open = new Set<WebSocketRoute>();

  async join(page: Page): Promise<void> {
    await page.routeWebSocket(FEED, (route) => {
      this.tries += 1;
      if (this.#cutWith !== null) {
        void route.close({ code: this.#cutWith });
        return;
      }
      this.#open.add(route);
      const server = route.connectToServer();
      server.onMessage((message) => {
        const text = String(message);
        if (text.startsWith("{")) this.said.push(JSON.parse(text));
        const passed = this.through(text);
        if (passed !== null) route.send(passed);
      });
    });
  }

  /** Ends the connections of now with this code, and lets others through. */
  async drop(code: number = RESTARTED): Promise<void> {
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((route) => route.close({ code })));
  }

  /** Ends the connections, and every later one, until it is mended. */
  async cut(code: number = RESTARTED): Promise<void> {
    this.#cutWith = code;
    await this.drop(code);
  }

  mend(): void {
    this.#cutWith = null;
  }
}
