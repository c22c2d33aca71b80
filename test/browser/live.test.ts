/** What the server has, all open pages show: at once, and after whatever came between them and the server. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { openColleague } from "./support/colleague.ts";
import { FeedLine } from "./support/feed-line.ts";
import { storeOf } from "./support/page-store.ts";
import {
  article,
  browserProgram,
  composer,
  connected,
  eventually,
  KEYS,
  log,
  lookNow,
  obstruct,
  openRow,
  row,
  signIn,
  useInbox,
  write,
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox();
const { customer, textsTo } = inbox;

const MINUTE_MS = 60_000;

/** The quickest of several counts: other programs may have the processor. */
const NEWS_MS = 1_000;
const WRITINGS = 5;

/** What Chromium writes of requests and sockets that a journey keeps from arriving. */
const UNREACHED = [/net::ERR_/, /status of (?:404|502|503)/, /WebSocket/];

/** Longer than the first tries to connect take. */
const TRIES_MS = 10_000;

/** Longer than the first pause before a page connects again. */
const RETRY_MS = 1_000;

/** Longer than counts wait after those before. */
const COUNTED_MS = 1_500;

/** How often a page without a feed asks. */
const POLL_MS = 5_000;

const CLOSED = { signedOut: 4401, silent: 4408, otherVersion: 4409 } as const;

describe.skipIf(browserProgram === null)("the inbox, live", () => {
  beforeAll(() => openColleague(inbox.paloma, KEYS.admin));

  test("J2: a message shows within a second, in list, title, thread and preview", async () => {
    await customer("+529982270101", "Abril", "Primero");
    const { page } = await inbox.openAs(KEYS.reader);
    await row(page, "Abril").waitFor();
    await eventually(() => expect(page.title()).resolves.toMatch(/^\(\d+\) /));
    const took: number[] = [];
    for (let turn = 0; turn < WRITINGS; turn += 1) {
      const startedAt = Date.now();
      await write(inbox.paloma, "+529982270101", `Aviso ${turn}`);
      await row(page, `Abril, ${turn + 2} sin leer, última: Aviso ${turn}`).waitFor();
      took.push(Date.now() - startedAt);
    }
    expect(Math.min(...took)).toBeLessThan(NEWS_MS);
    await connected(page);
  });

  test("J4: two people see what each other does, and that a colleague writes", async () => {
    await customer("+529982270201", "Bruno", "¿Hola?");
    const [{ page: ana }, { page: luis }] = await Promise.all([
      inbox.openAs(KEYS.ana),
      inbox.openAs(KEYS.luis),
    ]);
    await row(luis, "Bruno, 1 sin leer").waitFor();
    await openRow(ana, "Bruno");
    await row(luis, "Bruno, última: ").waitFor();
    await composer(ana).pressSequentially("Ya lo veo");
    await row(luis, "Bruno, .*Ana está escribiendo…").waitFor();
    await openRow(luis, "Bruno");
    await luis.getByRole("main").getByText("Ana está escribiendo…").waitFor();
    await ana.getByRole("main").getByText("Luis también está aquí.").waitFor();

    await composer(luis).fill("Yo contesto");
    await composer(ana).press("Enter");
    await article(luis, "Ya lo veo").getByText("Ana", { exact: true }).waitFor();
    await luis.getByRole("status").getByText("Ana respondió a las").waitFor();
    await composer(luis).press("Enter");
    expect(await composer(luis).inputValue()).toBe("Yo contesto");
    expect(textsTo("9982270201")).toEqual(["Ya lo veo"]);
    await composer(luis).press("Enter");
    await article(ana, "Yo contesto").getByText("Luis", { exact: true }).waitFor();
    expect(textsTo("9982270201")).toEqual(["Ya lo veo", "Yo contesto"]);

    await ana.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await luis.getByRole("button", { name: "Reabrir" }).waitFor();
    await ana.close();
    await eventually(() =>
      expect(luis.getByText("Ana también está aquí.").count()).resolves.toBe(0),
    );
  });

  test("J4: what two people send at once is two messages, in the same order for both", async () => {
    await customer("+529982270202", "Berna", "¿Hola?");
    const [{ page: ana }, { page: luis }] = await Promise.all([
      inbox.openAs(KEYS.ana),
      inbox.openAs(KEYS.luis),
    ]);
    await Promise.all([openRow(ana, "Berna"), openRow(luis, "Berna")]);
    await composer(ana).fill("Dice Ana");
    await composer(luis).fill("Dice Luis");
    await Promise.all([composer(ana).press("Enter"), composer(luis).press("Enter")]);
    for (const page of [ana, luis]) {
      await article(page, "Dice Ana").waitFor();
      await article(page, "Dice Luis").waitFor();
    }
    await eventually(async () => expect(await shownBy(ana)).toEqual(await shownBy(luis)));
    expect(await log(ana).getByRole("article").count()).toBe(3);
    expect(textsTo("9982270202").toSorted()).toEqual(["Dice Ana", "Dice Luis"]);
  });

  test("J5: after a gap a page shows what a freshly loaded one shows", async () => {
    await customer("+529982270301", "Celso", "Hola");
    await customer("+529982270302", "Dalia", "Adiós");
    // One person, whom Meta names by a phone first, then by an id alone.
    const emma = "+529982270303";
    inbox.paloma.simulator.customers.put(emma, { name: "Emma", userId: null });
    await write(inbox.paloma, emma, "Con teléfono");
    inbox.paloma.simulator.customers.put(emma, {
      name: "Emma oculta",
      userId: "MX.Emma0303",
      hidesPhone: true,
    });
    await write(inbox.paloma, "MX.Emma0303", "Sin teléfono");

    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED, hasOwnClock: true });
    await openRow(page, "Emma,");
    await openRow(page, "Celso");
    for (const text of ["uno", "dos", "tres", "cuatro", "cinco"]) {
      await composer(page).fill(text);
      await composer(page).press("Enter");
      await article(page, text)
        .getByText(/Enviado|Entregado|Leído/)
        .waitFor();
    }
    const { sent } = inbox.paloma.simulator;
    const wamids = sent
      .filter(({ input }) => input.endsWith("9982270301"))
      .map(({ wamid }) => wamid);

    await line.cut();
    for (let turn = 0; turn < 15; turn += 1) {
      await inbox.paloma.simulator.customers.write(writing("+529982270301", `Perdido ${turn}`));
      await inbox.paloma.simulator.customers.write(writing("+529982270304", `Nuevo ${turn}`));
    }
    for (const wamid of wamids) inbox.paloma.simulator.reportStatus(wamid, "read");
    await erase("+529982270302");
    inbox.paloma.simulator.customers.put(emma, { hidesPhone: false });
    await write(inbox.paloma, emma, "Las dos somos una");

    await page.clock.runFor(TRIES_MS);
    await page.getByRole("status").getByText("Las novedades llegan cada pocos segundos.").waitFor();
    line.mend();
    await connected(page);
    const { page: fresh } = await inbox.openAs(KEYS.ana);
    await openRow(fresh, "Celso");
    await eventually(async () => expect(await shownBy(page)).toEqual(await shownBy(fresh)));
    expect((await shownBy(page)).rows.filter((label) => /^Emma|^Dalia/.test(label))).toHaveLength(
      1,
    );
    await Promise.all([openRow(page, "Emma"), openRow(fresh, "Emma")]);
    await eventually(async () => expect(await shownBy(page)).toEqual(await shownBy(fresh)));
    await article(page, "Las dos somos una").waitFor();
    // Not only what is on screen: all that the page knows is what the server has.
    await eventually(async () => expect(await storeOf(page)).toEqual(await storeOf(fresh)));
    const { conversations, messages } = await storeOf(page);
    expect(Object.keys(messages).toSorted()).toEqual(
      Object.values(conversations)
        .filter((each) => /^(?:Celso|Emma)/.test(nameIn(each)))
        .map((each) => String(Reflect.get(Object(each), "id")))
        .toSorted(),
    );
  });

  test("J5: a page that is too far behind loads anew, and keeps what stands in its box", async () => {
    await customer("+529982270305", "Fany", "Hola");
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line });
    await openRow(page, "Fany");
    await composer(page).fill("A medias");
    line.through = (text) => (text.startsWith('{"t":"changes"') ? resetFor(text) : text);
    await write(inbox.paloma, "+529982270305", "Después de mucho");
    await article(page, "Después de mucho").waitFor();
    line.through = (text) => text;
    await write(inbox.paloma, "+529982270305", "Y algo más");
    await article(page, "Y algo más").waitFor();
    expect(await log(page).getByRole("article").count()).toBe(3);
    expect(await composer(page).inputValue()).toBe("A medias");
    expect(await composer(page).evaluate((box) => box === document.activeElement)).toBe(true);
    const { page: fresh } = await inbox.openAs(KEYS.luis);
    await openRow(fresh, "Fany");
    await eventually(async () => expect(await shownBy(page)).toEqual(await shownBy(fresh)));
  });

  test("J5: a page of messages that was asked for before a reset makes no hole after it", async () => {
    await customer("+529982270306", "Gabo", "Hola");
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED });
    await connected(page);
    // Nothing older is loaded that could fill one.
    const letPass = await obstruct(page, /\/messages\?cursor/);
    const late = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<undefined>();
    await page.route(
      /\/messages\?limit/,
      async (route) => {
        const response = await route.fetch();
        asked.resolve(undefined);
        await late.promise;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    await row(page, "Gabo").click();
    await asked.promise;
    line.through = (text) => (text.startsWith('{"t":"changes"') ? resetFor(text) : text);
    await writeAll(
      inbox.paloma,
      Array.from({ length: 60 }, (_each, place) => writing("+529982270306", `Línea ${place}.`)),
    );
    // Of what comes at once in one second, any may be the last.
    await write(inbox.paloma, "+529982270306", "La penúltima");
    await article(page, "La penúltima").waitFor();
    line.through = (text) => text;
    const answer = page.waitForResponse(/\/messages\?limit/);
    late.resolve(undefined);
    await (await answer).finished();
    await write(inbox.paloma, "+529982270306", "La última");
    await article(page, "La última").waitFor();
    expect(await article(page, "Hola").count()).toBe(0);
    letPass();
    await eventually(async () => {
      for (const top of [1e6, 0]) {
        await log(page).evaluate((element, to) => element.scrollTo(0, to), top);
      }
      expect(await article(page, "Hola").count()).toBe(1);
    });
    expect(await article(page, "Línea").count()).toBe(60);
  });

  test("J6: without its feed a page asks every few seconds, says so, and misses nothing", async () => {
    await customer("+529982270401", "Gil", "Hola");
    const line = new FeedLine();
    await line.cut();
    const { page } = await inbox.openAs(KEYS.ana, {
      line,
      expects: UNREACHED,
      hasOwnClock: true,
    });
    await openRow(page, "Gil");
    await page.clock.runFor(TRIES_MS);
    const polling = page.getByRole("status").getByText("Las novedades llegan cada pocos segundos.");
    await polling.waitFor();
    await write(inbox.paloma, "+529982270401", "¿Me leen?");
    await page.clock.runFor(POLL_MS);
    await article(page, "¿Me leen?").waitFor();
    await composer(page).fill("Te leemos");
    await composer(page).press("Enter");
    await article(page, "Te leemos").waitFor();
    line.mend();
    await lookNow(page);
    await connected(page);
    await eventually(() => expect(polling.count()).resolves.toBe(0));
    await write(inbox.paloma, "+529982270401", "Gracias");
    await article(page, "Gracias").waitFor();
    expect(await log(page).getByRole("article").count()).toBe(4);
  });

  test("J6: where the server has no changes to tell, the page says that it is behind", async () => {
    await customer("+529982270402", "Gema", "Hola");
    const line = new FeedLine();
    await line.cut();
    const { page, context } = await inbox.open({ line, expects: UNREACHED });
    const letPass = await obstruct(context, "**/inbox/api/changes?*", (route) =>
      route.fulfill({ status: 404, json: { code: "not_found", detail: "" } }),
    );
    await signIn(page, KEYS.ana);
    await page.getByRole("status").getByText("Los datos llegan con retraso.").waitFor();
    // Its conversations take messages all the same.
    await openRow(page, "Gema");
    await composer(page).fill("Aun así");
    await composer(page).press("Enter");
    await eventually(() => expect(textsTo("9982270402")).toEqual(["Aun así"]));
    letPass();
    line.mend();
    await lookNow(page);
    await connected(page);
    await eventually(() =>
      expect(page.getByText("Los datos llegan con retraso.").count()).resolves.toBe(0),
    );
  });

  test("J7: what the feed did not tell is told with the next change, or within a minute", async () => {
    await customer("+529982270501", "Hilda", "Hola");
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line, hasOwnClock: true });
    await openRow(page, "Hilda");
    await connected(page);
    const lose = () => {
      line.through = (text) => (text.startsWith('{"t":"changes"') ? null : text);
    };
    lose();
    await write(inbox.paloma, "+529982270501", "Perdido");
    await eventually(() => expect(line.said.at(-1)?.t).toBe("changes"));
    line.through = (text) => text;
    await write(inbox.paloma, "+529982270501", "Llega");
    await article(page, "Llega").waitFor();
    await article(page, "Perdido").waitFor();

    lose();
    await write(inbox.paloma, "+529982270501", "Perdido también");
    const heard = line.said.length;
    await eventually(() => expect(line.said.length).toBeGreaterThanOrEqual(heard));
    await eventually(() => expect(line.said.at(-1)?.t).toBe("changes"));
    line.through = (text) => text;
    await page.clock.runFor(MINUTE_MS);
    await article(page, "Perdido también").waitFor();
  });

  test("J24: a newer page is offered, after a deploy and where the feed speaks another version", async () => {
    await customer("+529982270591", "Jacinta", "Hola");
    const line = new FeedLine();
    line.through = (text) => text.replace(/"version":[^,}]+/, '"version":"old"');
    const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED });
    const note = page.getByRole("status").getByText("Hay una versión nueva.");
    await connected(page);
    expect(await note.count()).toBe(0);
    // The assets did not say.
    line.through = (text) => text.replace(/"version":[^,}]+/, '"version":null');
    const hellos = () => line.said.filter(({ t }) => t === "hello").length;
    const before = hellos();
    await line.drop();
    await eventually(() => expect(hellos()).toBeGreaterThan(before));
    await connected(page);
    expect(await note.count()).toBe(0);
    line.through = (text) => text;
    await line.drop();
    await note.waitFor();
    await page.getByRole("button", { name: "Recargar" }).click();
    await row(page, "").first().waitFor();
    await note.waitFor({ state: "detached" });
    await connected(page);
    await line.drop(CLOSED.otherVersion);
    await note.waitFor();
  });

  test("J24: a page that a deploy has overtaken while it was loading is offered the newer one", async () => {
    const { page } = await inbox.openAs(KEYS.ana);
    await page.route("**/inbox/", async (route) => {
      if (route.request().isNavigationRequest()) return route.fallback();
      const response = await route.fetch();
      const shell = await response.text();
      return route.fulfill({ response, body: shell.replace(/index-[\w-]+\.js/, "index-newer.js") });
    });
    expect(await page.getByText("Hay una versión nueva.").count()).toBe(0);
    await page.reload();
    await page.getByRole("status").getByText("Hay una versión nueva.").waitFor();
  });

  test("a socket that ends for silence, or with an older session, comes back", async () => {
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line });
    for (const code of [CLOSED.silent, CLOSED.signedOut]) {
      await connected(page);
      const hellos = () => line.said.filter(({ t }) => t === "hello").length;
      const before = hellos();
      await line.drop(code);
      await eventually(() => expect(hellos()).toBeGreaterThan(before));
    }
    expect(await page.getByLabel("Clave de acceso").count()).toBe(0);
  });

  test("a page that looks again while it asks who it is has one socket", async () => {
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line });
    await connected(page);
    const asked = Promise.withResolvers<undefined>();
    const held = Promise.withResolvers<undefined>();
    await page.route(
      "**/inbox/api/me",
      async (route) => {
        asked.resolve(undefined);
        await held.promise;
        await route.continue();
      },
      { times: 1 },
    );
    const before = line.tries;
    await line.drop(CLOSED.signedOut);
    await asked.promise;
    await lookNow(page);
    await connected(page);
    expect(line.tries).toBe(before + 1);
    const answer = page.waitForResponse("**/inbox/api/me");
    held.resolve(undefined);
    await answer;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    expect(line.tries).toBe(before + 1);
    await connected(page);
  });

  test("a page of an older version tries to connect more and more seldom", async () => {
    const line = new FeedLine();
    await line.cut(CLOSED.otherVersion);
    const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED, hasOwnClock: true });
    await page.getByText("Hay una versión nueva.").waitFor();
    const before = line.tries;
    for (let second = 0; second < 120; second += 1) {
      await page.clock.runFor(1_000);
      // What closes a socket comes by no clock of the page's.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(line.tries - before).toBeLessThan(30);
  });

  test("a conversation that is erased while it is open shows what its customer writes anew", async () => {
    await customer("+529982270701", "Jimena", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Jimena");
    await erase("+529982270701");
    await page.getByText("Esta conversación se borró").waitFor();
    await write(inbox.paloma, "+529982270701", "Soy yo otra vez");
    await article(page, "Soy yo otra vez").waitFor();
    await eventually(() => expect(log(page).getByRole("article").count()).resolves.toBe(1));
  });

  test("J4: who has the page in the background is not at its conversation", async () => {
    await customer("+529982270801", "Karen", "Hola");
    const [{ page: ana }, { page: luis }] = await Promise.all([
      inbox.openAs(KEYS.ana),
      inbox.openAs(KEYS.luis),
    ]);
    await Promise.all([openRow(ana, "Karen"), openRow(luis, "Karen")]);
    const there = luis.getByRole("main").getByText("Ana también está aquí.");
    await there.waitFor();
    await bring(ana, "hidden");
    await there.waitFor({ state: "detached" });
    expect(await luis.getByText("Ana también está aquí.").count()).toBe(0);
    await bring(ana, "visible");
    await there.waitFor();
  });

  test("what changes no conversation's kind asks for no counts", async () => {
    await customer("+529982270901", "Laura", "Hola");
    const { page } = await inbox.openAs(KEYS.reader);
    await write(inbox.paloma, "+529982270901", "Uno");
    await row(page, "Laura, 2 sin leer, última: Uno").waitFor();
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    let asked = 0;
    page.on("request", (request) => {
      if (request.url().endsWith("/inbox/api/counts")) asked += 1;
    });
    await write(inbox.paloma, "+529982270901", "Dos");
    await row(page, "Laura, 3 sin leer, última: Dos").waitFor();
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    expect(asked).toBe(0);
  });

  test("a page whose server had no inbox for a while loads everything anew", async () => {
    await customer("+529982271001", "Marta", "Hola");
    const line = new FeedLine();
    const { page, context } = await inbox.open({ line, expects: UNREACHED });
    await signIn(page, KEYS.ana);
    await connected(page);
    const letPass = await obstruct(context, "**/inbox/api/changes?*", (route) =>
      route.fulfill({ status: 404, json: { code: "not_found", detail: "" } }),
    );
    await line.cut();
    await page.getByRole("status").getByText("Los datos llegan con retraso.").waitFor();
    await write(inbox.paloma, "+529982271001", "Sin inbox");
    // As if nobody had noted it.
    line.through = (text) => {
      const frame = JSON.parse(text);
      return JSON.stringify(
        frame.t === "changes" ? { ...frame, conversations: [], messages: [] } : frame,
      );
    };
    letPass();
    await obstruct(context, "**/inbox/api/changes?*");
    line.mend();
    await lookNow(page);
    const anew = row(page, "Marta, 2 sin leer, última: Sin inbox");
    await anew.waitFor();
    expect(await anew.count()).toBe(1);
  });

  test("J8: after the feed has slept, the next change is one small frame", async () => {
    await customer("+529982270601", "Inés", "Hola");
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line });
    await openRow(page, "Inés");
    await write(inbox.paloma, "+529982270601", "Antes");
    await article(page, "Antes").waitFor();
    await eventually(() => expect(line.said.at(-1)?.t).toBe("changes"));
    const seen = line.said.at(-1)?.to ?? 0;
    await inbox.paloma.worker().evictDurableObject("InboxFeed", {
      name: "inbox",
      webSockets: "hibernate",
    });
    await write(inbox.paloma, "+529982270601", "Después");
    await article(page, "Después").waitFor();
    const after = line.said.find(({ t, to = 0 }) => t === "changes" && to > seen);
    expect(after?.from).toBe(seen);
    await connected(page);
  });
});

function writing(from: string, body: string) {
  return { from, content: { type: "text" as const, body } };
}

async function erase(phone: string): Promise<void> {
  const { status } = await fetch(`${inbox.paloma.url}/v1/contacts/${phone}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${KEYS.admin}` },
  });
  expect(status).toBe(204);
}

function resetFor(text: string): string {
  const { to } = JSON.parse(text);
  return JSON.stringify({ t: "reset", seq: to });
}

function nameIn(conversation: unknown): string {
  return String(Reflect.get(Object(Reflect.get(Object(conversation), "contact")), "name"));
}

/** All that the page shows of conversations and messages. */
async function shownBy(page: Page): Promise<{ rows: string[]; messages: string[] }> {
  const rows = await page
    .getByRole("navigation", { name: "Conversaciones" })
    .getByRole("link")
    .evaluateAll((links) =>
      links
        .map((link) => ({
          label: link.getAttribute("aria-label") ?? "",
          top: link.getBoundingClientRect().top,
        }))
        .toSorted((one, other) => one.top - other.top)
        .map(({ label }) => label),
    );
  const messages = await log(page).getByRole("article").allInnerTexts();
  return { rows, messages };
}

/** As if the page came into view, or left it. */
async function bring(page: Page, visibility: "hidden" | "visible"): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, visibility);
}
