/** Many conversations, and a long one: nothing jumps, and nothing gets slow. */
import type { D1Database } from "@cloudflare/workers-types";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BUSINESS_NUMBERS } from "../node/support/serve-paloma.ts";
import { FeedLine } from "./support/feed-line.ts";
import { frameCosts } from "./support/frame-costs.ts";
import {
  article,
  browserProgram,
  connected,
  eventually,
  KEYS,
  log,
  obstruct,
  openRow,
  row,
  signIn,
  useInbox,
  write,
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox();

const CONVERSATIONS = 10_000;
const MESSAGES = 5_000;

/** Before what any customer writes in this file. */
const BEGIN_MS = Date.UTC(2026, 0, 1);

const LONG = "00001-seeded";

const FIRST_LIST_MS = 1_500;
const SLOW_FRAME_MS = 200;
const CPU_SLOWDOWN = 4;
const MEMORY_BYTES = 80 * 1_024 * 1_024;

/** The height of a row. */
const ROW_PX = 72;

/** What the page loads at once, of messages and of conversations. */
const PAGE = 50;

/** Of conversations, what it loads at once when somebody scrolls on. */
const LATER_PAGE = 200;

const DAY_MS = 86_400_000;

const MOST_ROWS = 60;
const MOST_MESSAGES = 400;

/** A half of a physical pixel is rounding. */
const STILL_PX = 1;

describe.skipIf(browserProgram === null)("the inbox at scale", () => {
  beforeAll(seed);

  test("J14: 10,000 conversations scroll to the end, a few of them drawn", async () => {
    const { page } = await inbox.openAs(KEYS.ana);
    await row(page, "Cliente").first().waitFor();
    await page.reload();
    const startedAt = Date.now();
    await row(page, "Cliente").first().waitFor();
    expect(Date.now() - startedAt).toBeLessThan(FIRST_LIST_MS);

    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
    const costs = await frameCosts(inbox.browser, async () => {
      await page.evaluate(scrollToEnd);
      await row(page, "Cliente 00001").waitFor({ timeout: 50_000 });
    });
    expect(costs.length).toBeGreaterThan(CONVERSATIONS / LATER_PAGE);
    expect(Math.max(...costs)).toBeLessThan(SLOW_FRAME_MS);
    expect(await rowsIn(page)).toBeLessThan(MOST_ROWS);
    const usage = await session.send("Runtime.getHeapUsage");
    expect(usage.usedSize).toBeLessThan(MEMORY_BYTES);
  });

  test("J14: a page of the list that does not come is not asked for without a pause", async () => {
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/net::ERR_/], hasOwnClock: true });
    await row(page, "Cliente").first().waitFor();
    let asked = 0;
    const letPass = await obstruct(page, /cursor=/, async (route) => {
      asked += 1;
      await route.abort();
    });
    await scrollList(page, 1e9);
    await eventually(() => expect(asked).toBeGreaterThan(0));
    await page.clock.runFor(2_000);
    expect(asked).toBe(1);
    letPass();
    await page.clock.runFor(10_000);
    await eventually(async () => expect(await rowsAt(page, PAGE + 10)).toBe(1));
  });

  test("J14: who signs in after somebody else scrolls through the same list, without a hole", async () => {
    const { page } = await inbox.openAs(KEYS.ana);
    await row(page, "Cliente").first().waitFor();
    for (let turn = 0; turn < 4; turn += 1) {
      await scrollList(page, 1e9);
      await page.waitForTimeout(200);
    }
    await page.getByRole("button", { name: "Salir" }).click();
    await signIn(page, KEYS.luis);
    await row(page, "Cliente").first().waitFor();
    for (const place of [40, 80, 120]) {
      await eventually(async () => expect(await rowsAt(page, place)).toBe(1));
    }
  });

  test("J14: the row that is clicked is the row that opens, however many messages come", async () => {
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line, hasOwnClock: true });
    await connected(page);
    const target = row(page, "Cliente").nth(5);
    await target.waitFor();
    const href = await target.getAttribute("href");
    const box = await target.boundingBox();
    if (box === null || href === null) throw new Error("The row is not drawn.");
    // No time passes while the pointer moves: a slow machine is not somebody who waits.
    await page.clock.pauseAt(Date.now() + DAY_MS);
    await page.mouse.move(box.x + 50, box.y + 20);
    await writeAll(
      inbox.paloma,
      Array.from({ length: 10 }, (_each, place) => ({
        from: `+52998224000${place}`,
        content: "Hola",
      })),
    );
    await eventually(() =>
      expect(
        line.said.flatMap(({ conversations = [] }) => conversations).length,
      ).toBeGreaterThanOrEqual(10),
    );
    // What waits is said, and moves nothing.
    const bar = page.getByRole("button", { name: "10 cambios" });
    await bar.waitFor();
    expect(await target.boundingBox()).toEqual(box);
    await page.mouse.down();
    await page.clock.runFor(1_000);
    await page.mouse.up();
    await eventually(() => expect(new URL(page.url()).pathname).toBe(href));
    expect(await row(page, "\\+52998224").count()).toBe(0);
    await bar.click();
    await eventually(() => expect(row(page, "\\+52998224").count()).resolves.toBe(10));
    await bar.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.matches("nav li a"));
    await page.clock.resume();
  });

  test.each([
    ["auto", 20],
    ["none", 6],
  ] as const)(
    "J15: with overflow-anchor: %s, a thread of 5,000 keeps its place over %d pages of older ones",
    async (anchor, pages) => {
      const { page } = await inbox.openAs(KEYS.ana);
      await page.goto(`/inbox/c/${LONG}`);
      await article(page, `Mensaje ${MESSAGES} `).waitFor();
      await log(page).evaluate((element, value) => {
        element.style.setProperty("overflow-anchor", value);
      }, anchor);
      let oldest = MESSAGES;
      for (let turn = 0; turn < pages; turn += 1) {
        await log(page).evaluate((element) => {
          element.scrollTop = 300;
        });
        const before = await firstInView(page);
        await eventually(async () => expect(await oldestDrawn(page)).toBeLessThan(oldest));
        oldest = await oldestDrawn(page);
        const after = await topOf(page, before.id);
        expect(Math.abs(after - before.top)).toBeLessThanOrEqual(STILL_PX);
        expect(await log(page).getByRole("article").count()).toBeLessThanOrEqual(MOST_MESSAGES);
      }
      expect(oldest).toBeLessThanOrEqual(MESSAGES - pages * PAGE + 1);

      const before = await firstInView(page);
      await page.getByRole("button", { name: /Ir al final/ }).click();
      await article(page, `Mensaje ${MESSAGES} `).waitFor();
      expect(await topOf(page, before.id)).toBeNaN();
    },
  );

  test("J15: a thread whose row comes after its messages begins at the unread ones, and nothing moves", async () => {
    const from = "+529982249998";
    await writeAll(
      inbox.paloma,
      Array.from({ length: 30 }, (_each, place) => ({ from, content: `Aviso ${place}` })),
    );
    const { page } = await inbox.openAs(KEYS.reader);
    const href = await row(page, "\\+529982249998").getAttribute("href");
    const late = Promise.withResolvers<undefined>();
    await page.route(/\/api\/conversations\/[^/?]+$/, async (route) => {
      await late.promise;
      await route.fallback();
    });
    // A list that does not have it, as where many others are newer.
    await page.route(/\/api\/conversations\?/, (route) =>
      route.fulfill({ json: { data: [], next_cursor: null } }),
    );
    const messages = page.waitForResponse(/\/messages\?limit/);
    await page.goto(href ?? "");
    await (await messages).finished();
    late.resolve(undefined);
    await article(page, "Aviso 0").waitFor();
    expect(await page.getByText("30 mensajes nuevos").count()).toBe(1);
    const before = await firstInView(page);
    expect(await topOf(page, before.id)).toBe(before.top);
    expect(await log(page).evaluate(({ scrollTop }) => scrollTop)).toBeLessThan(STILL_PX);
  });

  test("J15: older messages that do not come are named, and come by themselves", async () => {
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/net::ERR_/] });
    const letPass = await obstruct(page, /\/messages\?.*cursor=/);
    await page.goto(`/inbox/c/${LONG}`);
    await article(page, `Mensaje ${MESSAGES} `).waitFor();
    await log(page).evaluate((element) => {
      element.scrollTop = 0;
    });
    const missing = log(page).getByText("Los mensajes anteriores no llegan.");
    await missing.waitFor();
    await page
      .locator('[aria-live="assertive"]')
      .getByText("Los mensajes anteriores no llegan.")
      .waitFor({ state: "attached" });
    // What is said stands above what was in view.
    await log(page).evaluate((element) => {
      element.scrollTop = 0;
    });
    const before = await firstInView(page);
    letPass();
    await log(page).getByRole("button", { name: "Reintentar" }).click();
    await eventually(async () =>
      expect(await oldestDrawn(page)).toBeLessThanOrEqual(MESSAGES - PAGE),
    );
    expect(await missing.count()).toBe(0);
    expect(Math.abs((await topOf(page, before.id)) - before.top)).toBeLessThanOrEqual(STILL_PX);
  });

  test("J15: what comes while somebody reads further up, or has left, moves nothing and is announced", async () => {
    const from = "+529982249999";
    await writeAll(
      inbox.paloma,
      Array.from({ length: 90 }, (_each, place) => ({ from, content: `Línea ${place}` })),
    );
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "\\+529982249999");
    await article(page, "Línea 89").waitFor();
    // Further up than what is drawn at first.
    for (const oldest of ["Línea 40", "Línea 0"]) {
      await log(page).evaluate((element) => {
        element.scrollTop = 200;
      });
      await article(page, oldest).first().waitFor();
    }
    await log(page).evaluate((element) => {
      element.scrollTop = 300;
    });
    const before = await firstInView(page);
    await write(inbox.paloma, from, "La nueva");
    await page.getByRole("button", { name: "1 mensaje nuevo" }).waitFor();
    expect(Math.abs((await topOf(page, before.id)) - before.top)).toBeLessThanOrEqual(STILL_PX);

    await openRow(page, "Cliente 10000");
    await page.getByRole("heading", { name: "Cliente 10000" }).waitFor();
    await write(inbox.paloma, from, "Otra nueva");
    await page.goBack();
    await page.getByRole("button", { name: "2 mensajes nuevos" }).waitFor();
    expect(Math.abs((await topOf(page, before.id)) - before.top)).toBeLessThanOrEqual(STILL_PX);
    await page.getByRole("button", { name: "2 mensajes nuevos" }).click();
    await write(inbox.paloma, from, "La siguiente");
    await article(page, "La siguiente").waitFor();
    await eventually(async () => expect(await distanceToEnd(page)).toBeLessThanOrEqual(STILL_PX));
  });

  test("J5: who reads further down or up stays there when a page loads everything anew", async () => {
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line });
    await connected(page);
    await page.goto(`/inbox/c/${LONG}`);
    await article(page, `Mensaje ${MESSAGES} `).waitFor();
    for (let turn = 1; turn <= 3; turn += 1) {
      await log(page).evaluate((element) => {
        element.scrollTop = 300;
      });
      await eventually(async () =>
        expect(await oldestDrawn(page)).toBeLessThanOrEqual(MESSAGES - turn * PAGE),
      );
    }
    for (const place of [40, 80, 120]) {
      await eventually(async () => expect(await rowsAt(page, place)).toBe(1));
    }
    const before = await firstInView(page);
    const oldest = await oldestDrawn(page);
    await resetPage(page, line);
    expect(await oldestDrawn(page)).toBe(oldest);
    expect(Math.abs((await topOf(page, before.id)) - before.top)).toBeLessThanOrEqual(STILL_PX);
    const name = `Cliente ${String(CONVERSATIONS - 120).padStart(5, "0")}`;
    expect(await row(page, name).count()).toBe(1);
  });
});

/** The feed's next changes reset the page; resolves once it has loaded everything anew. */
async function resetPage(page: Page, line: FeedLine): Promise<void> {
  line.through = (text) => {
    const { t, to } = JSON.parse(text);
    return t === "changes" ? JSON.stringify({ t: "reset", seq: to }) : text;
  };
  const counted = page.waitForResponse("**/inbox/api/counts");
  await write(inbox.paloma, "+529982248888", "De otra persona");
  await counted;
  line.through = (text) => text;
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(1_000);
}

/** Straight into D1: customers would take minutes to write it all. */
async function seed(): Promise<void> {
  if (browserProgram === null) return;
  // The harness knows no types of the Worker that it serves.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { DB } = (await inbox.paloma.worker().getEnv()) as { DB: D1Database };
  const number = BUSINESS_NUMBERS[0].id;
  await DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO conversations (id, kind, phone_number_id, phone, wa_id, profile_name, status,
       unread_count, last_message_at, last_customer_message_at, version, created_at, updated_at)
     SELECT printf('%05d-seeded', i), 'individual', ?2, printf('52777%07d', i), printf('521777%07d', i),
       printf('Cliente %05d', i), 'pending', 0, ?3 + i * 1000, ?3 + i * 1000, 1, ?3, ?3 FROM n`,
  )
    .bind(CONVERSATIONS, number, BEGIN_MS)
    .run();
  await DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, wamid, body, payload,
       state, created_at)
     SELECT printf('msg_%012x0000%016x', ?3 + i * 1000, i), ?4, ?2, 'inbound', 'text',
       printf('wamid.seeded.%d', i), printf('Mensaje %d %s', i, substr('con bastante texto para varias líneas ', 1, i % 40)),
       '{"type":"text"}', 'received', ?3 + i * 1000 FROM n`,
  )
    .bind(MESSAGES, number, BEGIN_MS, LONG)
    .run();
}

async function scrollList(page: Page, top: number): Promise<void> {
  await page.getByRole("navigation", { name: "Conversaciones" }).evaluate((list, to) => {
    for (const element of list.querySelectorAll("div")) {
      if (element.scrollHeight > element.clientHeight) element.scrollTop = to;
    }
  }, top);
}

/** Runs in the page: scrolls on as soon as there is more. */
function scrollToEnd(): void {
  const box = document.querySelector("nav ul")?.parentElement;
  const scroll = () => {
    if (box !== null && box !== undefined) box.scrollTop = box.scrollHeight;
    requestAnimationFrame(scroll);
  };
  scroll();
}

/** Scrolls there; one row of the customer seeded at this place, if the list is loaded that far. */
async function rowsAt(page: Page, place: number): Promise<number> {
  const name = `Cliente ${String(CONVERSATIONS - place).padStart(5, "0")}`;
  await scrollList(page, place * ROW_PX);
  return row(page, name).count();
}

function rowsIn(page: Page): Promise<number> {
  return page.getByRole("navigation", { name: "Conversaciones" }).getByRole("link").count();
}

async function firstInView(page: Page): Promise<{ id: string; top: number }> {
  return log(page).evaluate((element) => {
    const { top } = element.getBoundingClientRect();
    for (const each of element.querySelectorAll<HTMLElement>("article")) {
      const at = each.getBoundingClientRect();
      if (at.bottom > top) return { id: each.dataset["id"] ?? "", top: at.top };
    }
    throw new Error("No message is in view.");
  });
}

/** Not a number for a message that is not drawn. */
async function topOf(page: Page, id: string): Promise<number> {
  return log(page).evaluate(
    (element, wanted) =>
      element.querySelector(`[data-id="${wanted}"]`)?.getBoundingClientRect().top ?? Number.NaN,
    id,
  );
}

async function oldestDrawn(page: Page): Promise<number> {
  const text = await log(page).getByRole("article").first().textContent();
  return Number(/Mensaje (\d+)/.exec(text ?? "")?.[1]);
}

function distanceToEnd(page: Page): Promise<number> {
  return log(page).evaluate(
    (element) => element.scrollHeight - element.scrollTop - element.clientHeight,
  );
}
