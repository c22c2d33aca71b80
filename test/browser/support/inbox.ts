/** The inbox in a real browser, against the built Worker and the simulator. */
import type { Browser, BrowserContext, BrowserContextOptions, Page, Route } from "playwright-core";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { textIn } from "../../../inbox/src/text/describe.ts";
import type { InboundContent } from "../../../simulator/customers/inbound-content.ts";
import {
  type ServedPaloma,
  type ServeOptions,
  servePaloma,
} from "../../node/support/serve-paloma.ts";
import { launchOnce } from "./browser.ts";
import type { FeedLine } from "./feed-line.ts";
import { findBrowser } from "./find-browser.ts";

/** The staff of the journeys, by what they may do. */
export const KEYS = {
  ana: "ana-access-key-for-tests",
  luis: "luis-access-key-for-tests",
  reader: "reader-access-key-for-tests",
  admin: "admin-access-key-for-tests",
} as const;

const API_TOKENS = [
  `ana:${KEYS.ana}:read+send`,
  `luis:${KEYS.luis}:read+send`,
  `lectora:${KEYS.reader}:read`,
  `jefa:${KEYS.admin}:read+send+admin`,
].join(",");

/** The words of the page that journeys look for, as staff in Mexico see them. */
export const LOCALE = "es-MX";

/** Of a Mexican number, which WhatsApp may spell with a 1 after the country's code. */
const NATIONAL_DIGITS = 10;

/** A slow machine, and a page that asks every few seconds. */
const ACTION_TIMEOUT_MS = 15_000;

/**
 * Stands in the way of requests until the caller lets them pass. The route stays: a request that
 * Playwright holds while it takes a route away is never answered.
 */
export async function obstruct(
  on: Page | BrowserContext,
  url: string | RegExp,
  answer: (route: Route) => Promise<void> = (route) => route.abort(),
): Promise<() => void> {
  let isInTheWay = true;
  await on.route(url, (route) => (isInTheWay ? answer(route) : route.fallback()));
  return () => {
    isInTheWay = false;
  };
}

export type Opened = { page: Page; context: BrowserContext };

export type OpenOptions = BrowserContextOptions & {
  /** Console lines that this journey provokes. */
  expects?: readonly RegExp[];
  /** The journey turns the page's clock. */
  hasOwnClock?: boolean;
  /** The journey stands between the page and its feed. */
  line?: FeedLine;
};

export type InboxJourney = {
  readonly paloma: ServedPaloma;
  readonly browser: Browser;
  /** A browser profile of its own, at the sign-in. */
  open: (options?: OpenOptions) => Promise<Opened>;
  /** The same, signed in. */
  openAs: (key: string, options?: OpenOptions) => Promise<Opened>;
  /** Somebody of this name writes, and Paloma has it. */
  customer: (phone: string, name: string, text: string) => Promise<string>;
  /** What Meta took for this phone, in order. */
  textsTo: (phone: string) => string[];
};

/** A refused key is a 401, which Chromium reports as a line of its own. */
export const REFUSED = /status of 40[13]/;

/** Whether this machine has a browser; without one, only CI must not go on. */
export const browserProgram = await findBrowser();

if (browserProgram === null) {
  if (process.env["CI"]) throw new Error("CI needs a browser: set CHROMIUM_PATH.");
  process.emitWarning("No Chromium here: set CHROMIUM_PATH for the journeys of the inbox.");
}

/** Starts Paloma, the simulator and the browser for a file of journeys. */
export function useInbox(options: ServeOptions = {}): InboxJourney {
  let paloma: ServedPaloma | undefined;
  let browser: Browser | undefined;
  const watched: Watch[] = [];

  beforeAll(async () => {
    if (browserProgram === null) return;
    [paloma, browser] = await Promise.all([
      servePaloma({
        ...options,
        settings: { API_TOKENS, INBOX_TIME_ZONE: "America/Cancun", ...options.settings },
      }),
      launchOnce(browserProgram),
    ]);
  });
  afterAll(async () => {
    const logs = paloma?.logs() ?? [];
    await paloma?.stop();
    expect(loggedTexts(logs)).toEqual([]);
    for (const watch of watched) expect(watch.troubles).toEqual([]);
  });

  const open = async ({
    expects = [],
    hasOwnClock = false,
    line,
    ...context
  }: OpenOptions = {}) => {
    const opened = await started(browser).newContext({
      locale: LOCALE,
      timezoneId: "Europe/Berlin",
      viewport: { width: 1280, height: 720 },
      baseURL: started(paloma).url,
      ...context,
    });
    opened.setDefaultTimeout(ACTION_TIMEOUT_MS);
    const watch = watchContext(opened, started(paloma).url, expects);
    watched.push(watch);
    const page = await opened.newPage();
    if (hasOwnClock) await page.clock.install();
    await line?.join(page);
    onTestFinished(async ({ task }) => {
      if (task.result?.state === "fail") await keepPicture(page, task.name);
      await opened.close();
    });
    await page.goto("/inbox/");
    return { page, context: opened };
  };

  return {
    get paloma() {
      return started(paloma);
    },
    get browser() {
      return started(browser);
    },
    open,
    async openAs(key, openOptions) {
      const opened = await open(openOptions);
      await signIn(opened.page, key);
      return opened;
    },
    async customer(phone, name, text) {
      started(paloma).simulator.customers.put(phone, { name });
      return write(started(paloma), phone, text);
    },
    textsTo: (phone) =>
      started(paloma)
        .simulator.sent.filter(({ input }) => input.endsWith(phone.slice(-NATIONAL_DIGITS)))
        .flatMap(({ body }) => textIn(body, "text", "body") ?? []),
  };
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("Clave de acceso").fill(key);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.getByRole("navigation", { name: "Conversaciones" }).waitFor();
}

/** The customer writes, and Paloma has it. */
export async function write(
  paloma: ServedPaloma,
  from: string,
  content: InboundContent | string,
): Promise<string> {
  const [id = ""] = await writeAll(paloma, [{ from, content }]);
  return id;
}

/** The same for several messages, which come in this order. */
export async function writeAll(
  { simulator }: ServedPaloma,
  writings: readonly { from: string; content: InboundContent | string }[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const { from, content } of writings) {
    const written = typeof content === "string" ? textContent(content) : content;
    if (written.type === "text") writtenTexts.add(written.body);
    ids.push(await simulator.customers.write({ from, content: written }));
  }
  await simulator.idle();
  return ids;
}

function textContent(body: string): InboundContent {
  return { type: "text", body };
}

/** What customers wrote in the journeys of this process: no log may repeat it. */
const writtenTexts = new Set<string>();

/** Shorter ones are words that a log has for itself. */
const TELLING_CHARACTERS = 8;

function loggedTexts(lines: readonly string[]): string[] {
  const telling = [...writtenTexts].filter(({ length }) => length >= TELLING_CHARACTERS);
  return lines.filter((line) => telling.some((text) => line.includes(text)));
}

export function row(page: Page, name: string) {
  return page
    .getByRole("navigation", { name: "Conversaciones" })
    .getByRole("link", { name: new RegExp(`^${name}`) });
}

export function log(page: Page) {
  return page.getByRole("log", { name: "Mensajes" });
}

export function composer(page: Page) {
  return page.getByRole("textbox", { name: "Escribe un mensaje" });
}

/** Where a picture of the page is kept for each test that failed. */
const PICTURES = "node_modules/.cache/inbox/failed";

async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  const path = join(PICTURES, `${name.replaceAll(/\W+/g, "-").slice(0, 60)}.png`);
  await page.screenshot({ path });
}

type Watch = { troubles: string[] };

/** What Chromium writes where a page is left, or its line cut, while it connects. */
const LEFT_WHILE_CONNECTING = /WebSocket is closed before the connection is established/;

/** Everything that no journey may cause, whatever it does. */
function watchContext(context: BrowserContext, origin: string, expects: readonly RegExp[]): Watch {
  const watch: Watch = { troubles: [] };
  const report = (trouble: string) => {
    const expected = [LEFT_WHILE_CONNECTING, ...expects];
    if (!expected.some((each) => each.test(trouble))) watch.troubles.push(trouble);
  };
  context.on("console", (line) => {
    if (["error", "warning"].includes(line.type())) report(`console: ${line.text()}`);
  });
  context.on("weberror", (error) => report(`uncaught: ${error.error().message}`));
  context.on("request", (request) => {
    const { protocol, origin: to } = new URL(request.url());
    if (/^https?:$/.test(protocol) && to !== origin) report(`foreign request: ${request.url()}`);
  });
  void context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      // oxlint-disable-next-line no-console -- in the page, where the watch listens
      console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return watch;
}

function started<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error("Journeys begin once the file's beforeAll is done.");
  return thing;
}

/** As if somebody came back to the page: it looks at once whether it is connected. */
export async function lookNow(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
}

/** The page is connected to its feed, of which it then says nothing. */
export async function connected(page: Page): Promise<void> {
  await page.locator('output[data-reach="live"]').waitFor({ state: "attached" });
}

/** Opens a conversation from the list, and waits for its messages. */
export async function openRow(page: Page, name: string): Promise<void> {
  await row(page, name).click();
  await page.locator('[role="log"][aria-busy="false"]').waitFor();
}

export function article(page: Page, text: string) {
  return log(page).getByRole("article").filter({ hasText: text });
}

/** Tries until it holds: what arrives takes its time. */
export async function eventually(check: () => void | Promise<void>): Promise<void> {
  await expect
    .poll(
      async () => {
        await check();
        return true;
      },
      { timeout: ACTION_TIMEOUT_MS, interval: 100 },
    )
    .toBe(true);
}
