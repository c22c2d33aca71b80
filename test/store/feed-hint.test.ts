/** The hint that the log has grown delays nobody and breaks nothing, whatever becomes of it. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { LogFollower } from "../support/log-follower.ts";
import { openBrowser } from "../support/inbox.ts";
import { eventually, newCustomer, startPaloma } from "../support/paloma.ts";

/** By then every isolate may give hints again. */
const LATER_MS = 60_000;

/** A hint that hangs is waited for by nobody. */
const AT_ONCE_MS = 5000;

beforeEach(() => {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + LATER_MS);
});

/** From now on, the feed's object does this with each hint. Returns how many there were. */
function whileFeed(hint: () => unknown): () => number {
  const namespace: object = Object.getPrototypeOf(env.INBOX_FEED);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name of the platform's own
  const platform = namespace as Pick<DurableObjectNamespace, "getByName">;
  // oxlint-disable-next-line typescript/unbound-method -- called on the namespace it is spied on
  const { getByName } = platform;
  const hinted = vi.fn<() => unknown>(hint);
  vi.spyOn(platform, "getByName").mockImplementation(function (this: DurableObjectNamespace, name) {
    const object = Reflect.apply(getByName, this, [name]);
    return this === env.INBOX_FEED
      ? Object.assign(Object.create(object), { hint: hinted })
      : object;
  });
  return () => hinted.mock.calls.length;
}

describe("I13: where the hint to the feed", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("the feed can't be reached");
      },
    ],
    ["fails", () => Promise.reject(new Error("the feed was reset"))],
    ["hangs", () => new Promise(() => undefined)],
  ])("%s, all is taken, sent and changed as ever, and the log has it", async (how, hint) => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const { simulator, api } = startPaloma();
    const customer = newCustomer();
    const page = openBrowser();
    await page.signIn();
    const follower = new LogFollower(
      (path) => page.ask("GET", path),
      () => [customer],
    );
    await follower.follow();
    const hints = whileFeed(hint);
    const started = Date.now();
    await simulator.customers.write({ from: customer, content: { type: "text", body: "Hola" } });
    await simulator.flush();
    expect(simulator.webhooks.attempts.map(({ status }) => status)).toEqual([200]);
    const sent = await api("POST", "/v1/messages", { to: customer, text: { body: "¡Hola!" } });
    expect(sent.status).toBe(201);
    const path = `/inbox/api/conversations/${sent.body.conversation_id}`;
    expect((await page.ask("PATCH", path, { assignee: "clinic" })).status).toBe(200);
    expect((await page.ask("POST", `${path}/read`, {})).status).toBe(200);
    expect(Date.now() - started).toBeLessThan(AT_ONCE_MS);
    await eventually(
      async () => hints(),
      (count) => count >= 4,
    );
    await follower.follow();
    expect(await follower.differences()).toEqual([]);
    expect(follower.messages.size).toBe(2);
    const events = error.mock.calls.map(([line]) => JSON.parse(String(line)).event);
    expect(new Set(events)).toEqual(new Set(how === "hangs" ? [] : ["feed_not_hinted"]));
  });
});
