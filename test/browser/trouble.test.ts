/** When something goes wrong: no network, a session that ends, a message that Meta refuses. */
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { FeedLine } from "./support/feed-line.ts";
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
  REFUSED,
  row,
  signIn,
  useInbox,
  write,
} from "./support/inbox.ts";

const inbox = useInbox();
const { customer, textsTo } = inbox;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Longer than it takes to send a message. */
const SLOW_MS = 3_000;

/** The feed's word for a session that is over. */
const SIGNED_OUT = 4401;

/** What Chromium writes of requests that a journey keeps from arriving. */
const UNREACHED = [/net::ERR_/, /status of (?:404|409|422|502|503)/, /WebSocket/];

/** One pixel, as PNG. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

describe.skipIf(browserProgram === null)("the inbox in trouble", () => {
  test("J9: what is written without a network leaves once it is back: once each, and in order", async () => {
    await customer("+529982230101", "Elsa", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Elsa");
    await context.setOffline(true);
    await page.getByRole("status", { name: "Sin conexión…" }).waitFor();
    await page.getByText("Lo que escribas saldrá al volver.").waitFor();
    for (const text of ["uno", "dos", "tres"]) {
      await composer(page).fill(text);
      await composer(page).press("Enter");
      if (text === "uno") await react(page, "Hola", "🎉");
    }
    await article(page, "Hola").getByText("🎉").waitFor();
    await article(page, "tres").getByText("En cola").waitFor();
    expect(textsTo("+529982230101")).toEqual([]);

    // Even a reload loses nothing. The page itself must come from somewhere; its calls don't get through.
    await context.setOffline(false);
    const letPass = await obstruct(context, "**/inbox/api/**");
    await page.reload();
    await page.getByText("No hay conexión con el servidor").waitFor();
    letPass();
    await eventually(() => expect(textsTo("+529982230101")).toEqual(["uno", "dos", "tres"]));
    await eventually(async () => {
      expect(await article(page, "tres").getByText("En cola").count()).toBe(0);
      expect(await log(page).getByRole("article").count()).toBe(4);
    });
    const sent = inbox.paloma.simulator.sent.filter(({ input }) => input.endsWith("9982230101"));
    expect(sent.map(({ type }) => type)).toEqual(["text", "reaction", "text", "text"]);
    await article(page, "Hola").getByText("🎉").waitFor();
  });

  test("J9: a message whose answer was lost is not sent twice", async () => {
    await customer("+529982230102", "Fito", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Fito");
    let lost = 0;
    const letPass = await obstruct(page, "**/inbox/api/messages", async (route) => {
      letPass();
      await route.fetch();
      lost += 1;
      await route.abort();
    });
    await composer(page).fill("Solo una vez");
    await composer(page).press("Enter");
    await article(page, "Solo una vez")
      .getByText(/Enviado|Entregado|Leído/)
      .waitFor();
    // The feed may be quicker than an answer that does not come.
    await eventually(() => expect(lost).toBe(1));
    expect(textsTo("+529982230102")).toEqual(["Solo una vez"]);
    expect(await article(page, "Solo una vez").count()).toBe(1);

    const taken: number[] = [];
    const letReactionPass = await obstruct(page, "**/inbox/api/messages", async (route) => {
      letReactionPass();
      taken.push((await route.fetch()).status());
      await route.abort();
    });
    await react(page, "Hola", "🎉");
    await eventually(() => expect(taken).toEqual([201]));
    // The page has an answer once it no longer waits for it.
    await article(page, "Hola").locator('[data-waiting="false"]').waitFor();
    expect(reactionsTo("9982230102")).toHaveLength(1);
  });

  test("J9: what a colleague has answered meanwhile asks before it leaves", async () => {
    await customer("+529982230104", "Hebe", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, {
      expects: UNREACHED,
      hasOwnClock: true,
    });
    await openRow(page, "Hebe");
    await context.setOffline(true);
    await composer(page).fill("Lo que escribí sin red");
    await composer(page).press("Enter");
    await article(page, "Lo que escribí sin red").waitFor();
    await fetch(`${inbox.paloma.url}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEYS.luis}`, "content-type": "application/json" },
      body: JSON.stringify({ to: "+529982230104", text: { body: "Ya respondí yo" } }),
    });
    await page.clock.fastForward(MINUTE_MS);
    await context.setOffline(false);
    await article(page, "Ya respondí yo").waitFor();
    const held = article(page, "Lo que escribí sin red");
    await held.getByText("Luis respondió mientras tanto.").waitFor();
    expect(textsTo("+529982230104")).toEqual(["Ya respondí yo"]);
    await held.getByRole("button", { name: "Enviar ahora" }).click();
    await eventually(() =>
      expect(textsTo("+529982230104")).toEqual(["Ya respondí yo", "Lo que escribí sin red"]),
    );
  });

  test("J9: the same where the page is too far behind, and has not loaded the answer yet", async () => {
    await customer("+529982230105", "Hugo", "Hola");
    const line = new FeedLine();
    const { page, context } = await inbox.openAs(KEYS.ana, {
      line,
      expects: UNREACHED,
      hasOwnClock: true,
    });
    await openRow(page, "Hugo");
    await context.setOffline(true);
    await line.cut();
    await composer(page).fill("Lo que escribí en el túnel");
    await composer(page).press("Enter");
    await article(page, "Lo que escribí en el túnel").waitFor();
    await fetch(`${inbox.paloma.url}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEYS.luis}`, "content-type": "application/json" },
      body: JSON.stringify({ to: "+529982230105", text: { body: "Ya contesté yo" } }),
    });
    await context.route("**/inbox/api/changes?*", async (route) => {
      const response = await route.fetch();
      const { to } = await response.json();
      await route.fulfill({ response, json: { t: "reset", seq: to } });
    });
    await context.route(/\/messages(?:\?|$)/, async (route) => {
      if (route.request().method() === "GET") {
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      }
      await route.fallback();
    });
    await page.clock.fastForward(MINUTE_MS);
    await context.setOffline(false);
    const held = article(page, "Lo que escribí en el túnel");
    await held.getByText("Luis respondió mientras tanto.").waitFor();
    expect(textsTo("+529982230105")).toEqual(["Ya contesté yo"]);
  });

  test("J9: what was written long ago asks before it leaves", async () => {
    await customer("+529982230103", "Gala", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, {
      expects: UNREACHED,
      hasOwnClock: true,
    });
    await openRow(page, "Gala");
    await context.setOffline(true);
    await composer(page).fill("¿Sigues ahí?");
    await composer(page).press("Enter");
    await article(page, "¿Sigues ahí?").waitFor();
    await react(page, "Hola", "👏");
    await page.clock.fastForward(11 * MINUTE_MS);
    await context.setOffline(false);
    const held = article(page, "Hola");
    await held.getByText(/^Reacción 👏: Lo escribiste/).waitFor();
    await held.getByRole("button", { name: "Descartar" }).click();
    await eventually(() => expect(held.getByText("👏").count()).resolves.toBe(0));
    await article(page, "¿Sigues ahí?").getByRole("button", { name: "Enviar ahora" }).click();
    await eventually(() => expect(textsTo("+529982230103")).toEqual(["¿Sigues ahí?"]));
    expect(reactionsTo("9982230103")).toEqual([]);
  });

  test("a session that ends keeps what was written, for the same person alone", async () => {
    await customer("+529982230401", "Kari", "Hola");
    const line = new FeedLine();
    const { page, context } = await inbox.openAs(KEYS.ana, {
      line,
      expects: [REFUSED],
      hasOwnClock: true,
    });
    await openRow(page, "Kari");
    // The session ends before the pause in which drafts are saved.
    const endSession = async (draft: string, at: number) => {
      await connected(page);
      await page.clock.pauseAt(at);
      await composer(page).fill(draft);
      await context.clearCookies();
      await line.drop(SIGNED_OUT);
      await page.getByText("Tu sesión terminó.").waitFor();
      await page.clock.resume();
    };
    const now = Date.now();
    await endSession("A medias", now + MINUTE_MS);
    await signIn(page, KEYS.ana);
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe("A medias"));

    await endSession("A medias aún", now + 5 * MINUTE_MS);
    await signIn(page, KEYS.luis);
    await composer(page).waitFor();
    expect(await composer(page).inputValue()).toBe("");
  });

  test("a person who is erased is gone from list and thread", async () => {
    await customer("+529982230402", "Lalo", "Bórrenme");
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/status of 404/] });
    await openRow(page, "Lalo");
    const { status } = await fetch(`${inbox.paloma.url}/v1/contacts/+529982230402`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${KEYS.admin}` },
    });
    expect(status).toBeLessThan(300);
    await page.getByText("Esta conversación se borró.").waitFor();
    await eventually(() => expect(row(page, "Lalo").count()).resolves.toBe(0));
    expect(await page.locator("body").textContent()).not.toContain("Bórrenme");
  });

  test("a server that does not answer is named, and so is its return", async () => {
    const line = new FeedLine();
    const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED });
    const letPass = await obstruct(page, "**/inbox/api/**");
    await line.cut();
    const status = page.getByRole("status", { name: "Reconectando…" });
    await status.waitFor();
    letPass();
    line.mend();
    await lookNow(page);
    await eventually(() => expect(status.count()).resolves.toBe(0));
  });

  test.each([
    [
      "131026",
      { kind: "fail_later", code: 131_026 },
      "No entregado",
      "quizá el número no tiene WhatsApp",
      "Enviar de nuevo",
    ],
    [
      "131047",
      { kind: "fail_later", code: 131_047 },
      "No entregado",
      "Pasaron las 24 horas.",
      "Elegir plantilla",
    ],
    ["131049", { kind: "fail_later", code: 131_049 }, "No entregado", "no insistas hoy", null],
    [
      "a lost answer of Meta's",
      { kind: "lost_connection", when: "after" },
      "Sin confirmar",
      "No sabemos si llegó.",
      "Enviar de nuevo",
    ],
    [
      "130429",
      { kind: "graph_error", code: 130_429 },
      "En cola",
      "saldrá solo en un momento",
      null,
    ],
    [
      "a failure of Meta's server",
      { kind: "http_error", status: 503, when: "after" },
      "Sin confirmar",
      "No sabemos si llegó.",
      "Enviar de nuevo",
    ],
    [
      "a refusal of Meta's",
      { kind: "graph_error", code: 131_009 },
      "No entregado",
      "No se entregó.",
      "Enviar de nuevo",
    ],
  ] as const)(
    "J13: after %s the bubble says what happened and what to do",
    async (name, effect, state, words, action) => {
      const phone = `+52998223${name.replaceAll(/\D/gu, "").padStart(4, String(name.length)).slice(-4)}`;
      await customer(phone, `Caso ${name}`, "Hola");
      const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
      page.on("dialog", (dialog) => void dialog.accept());
      await openRow(page, `Caso ${name}`);
      const match = { type: "text", times: 1 };
      inbox.paloma.simulator.rules.add({ match, effect });
      if (state === "Sin confirmar") {
        // A tick would say at once that it has arrived.
        inbox.paloma.simulator.rules.add({ match, effect: { kind: "statuses", statuses: [] } });
      }
      await composer(page).fill("¿Llega?");
      await composer(page).press("Enter");
      const failed = article(page, "¿Llega?").first();
      await failed.getByText(state, { exact: true }).waitFor();
      await failed.getByText(words).waitFor();
      if (name === "131026") await saysNumber(page, failed, "Meta 131026");
      expect(await failed.getByRole("button", { name: "Elegir plantilla" }).count()).toBe(
        action === "Elegir plantilla" ? 1 : 0,
      );
      expect(await failed.getByRole("button", { name: "Enviar de nuevo" }).count()).toBe(
        action === "Enviar de nuevo" ? 1 : 0,
      );
      if (action !== "Enviar de nuevo") return;

      await failed.getByRole("button", { name: action }).click();
      const again = article(page, "¿Llega?").nth(1);
      await again.getByText(/Enviado|Entregado|Leído/).waitFor();
      await failed.getByText(state, { exact: true }).waitFor();
      expect(textsTo(phone).at(-1)).toBe("¿Llega?");
    },
  );
});

describe.skipIf(browserProgram === null)("the words of trouble, in both languages", () => {
  test("what is refused, late, gone or not done says so", async () => {
    await customer("+529982230501", "Marta", "Hola");
    await customer("+529982230502", "Nacho", "Bórrenme");
    await schedule("+529982230501", "Para luego");
    const line = new FeedLine();
    await line.cut();
    const { page, context } = await inbox.open({ line, expects: [...UNREACHED, REFUSED] });
    await page.getByLabel("Clave de acceso").fill("no-such-key-at-all");
    await page.getByRole("button", { name: "Entrar" }).click();
    await says(page, "Esa clave no es válida.", "That key is not valid.");

    await signIn(page, KEYS.ana);
    await openRow(page, "Marta");
    inbox.paloma.simulator.rules.add({
      match: { type: "reaction", times: 1 },
      effect: { kind: "fail_later", code: 131_009 },
    });
    await react(page, "Hola", "👍");
    await says(
      page,
      "Reacción 👍: WhatsApp no acepta una reacción a este mensaje",
      "Reaction 👍: WhatsApp takes no reaction to this message",
    );
    await heard(page, "No entregado: 👍");
    expect(await article(page, "Hola").getByRole("list", { name: "Reacciones" }).count()).toBe(0);
    const dead = await obstruct(page, /\/api\/(?:conversations|messages)\/[^/?]+$/, (route) =>
      ["PATCH", "DELETE"].includes(route.request().method()) ? route.abort() : route.fallback(),
    );
    const main = page.getByRole("main");
    const unchanged = [
      "El servidor no guardó el cambio.",
      "The server did not save the change.",
    ] as const;
    await main.getByRole("button", { name: "Cerrar" }).click();
    await says(page, ...unchanged);
    await heard(page, unchanged[0]);
    await main.getByLabel("Asignada a").selectOption({ label: "Yo" });
    await says(page, ...unchanged);
    await heard(page, unchanged[0]);
    const planned = article(page, "Para luego");
    await planned.getByRole("button", { name: "Cancelar el envío" }).click();
    await planned.getByText("No se pudo cancelar.").waitFor();
    await says(page, "No se pudo cancelar.", "It could not be canceled.");
    await heard(page, "No se pudo cancelar.");
    dead();
    await main.getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Deshacer" }).click();
    expect(await main.getByText(unchanged[0]).count()).toBe(0);
    const left = await obstruct(page, "**/inbox/api/messages/*", (route) =>
      route.fulfill({ status: 409, json: { code: "not_cancelable", detail: "" } }),
    );
    await planned.getByRole("button", { name: "Cancelar el envío" }).click();
    await says(page, "Ya salió: no se pudo cancelar.", "It has left already");
    left();
    await planned.getByRole("button", { name: "Cancelar el envío" }).click();
    await planned.getByText("Cancelado", { exact: true }).waitFor();

    // By now the feed has refused often enough.
    await says(
      page,
      "Las novedades llegan cada pocos segundos.",
      "News arrives every few seconds.",
    );
    const late = await obstruct(context, "**/inbox/api/**", (route) =>
      route.fulfill({ status: 503, json: { code: "unavailable", detail: "" } }),
    );
    await lookNow(page);
    await says(page, "Los datos llegan con retraso.", "Data arrives late.");
    await article(page, "Hola").waitFor();
    await row(page, "Nacho").waitFor();
    late();
    await eventually(async () => {
      await lookNow(page);
      expect(await page.getByText("Los datos llegan con retraso.").count()).toBe(0);
    });

    const nacho = await row(page, "Nacho").getAttribute("href");
    await erase("+529982230502");
    await page.goto(nacho ?? "");
    await says(page, "Esta conversación se borró.", "This conversation was deleted.");

    await context.clearCookies();
    await page.getByRole("button", { name: "Cerradas" }).click();
    await says(page, "Tu sesión terminó.", "Your session has ended.");
    await signIn(page, KEYS.reader);
    await openRow(page, "Marta");
    await says(page, "Tu clave solo permite leer.", "Your key may only read.");
    expect(await main.getByRole("button", { name: "Cerrar" }).count()).toBe(0);
  });

  test("what does not load says so where it stands, and comes with a click", async () => {
    await customer("+529982230511", "Odila", "Hola");
    await write(inbox.paloma, "+529982230511", { type: "image" });
    await eventually(() => expect(hasStoredFile("Odila")).resolves.toBe(true));
    const { page } = await inbox.openAs(KEYS.admin, { expects: UNREACHED, hasOwnClock: true });
    await row(page, "Odila").waitFor();
    /** Only the click asks again: no time passes from when it could. */
    const comesByClick = async (url: RegExp, open: () => Promise<unknown>, within: Locator) => {
      const letPass = await obstruct(page, url);
      await open();
      const missing = within.getByText("No se pudo cargar.", { exact: true });
      await missing.waitFor();
      await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 100);
      letPass();
      await within.getByRole("button", { name: "Reintentar" }).click();
      await missing.waitFor({ state: "detached" });
      await page.clock.resume();
    };
    const main = page.getByRole("main");
    const nav = page.getByRole("navigation", { name: "Conversaciones" });
    const openStatus = () => page.getByRole("link", { name: "Estado" }).click();
    await comesByClick(/\/api\/doctor$/, openStatus, main);
    await page.getByRole("heading", { name: "Estado" }).waitFor();

    const openTab = (name: string) => () => page.getByRole("button", { name }).click();
    await comesByClick(/\/api\/conversations\?/, openTab("Cerradas"), nav);
    await openTab("Abiertas")();
    // The simulator's files are no pictures.
    const files = /\/api\/media\//;
    await page.route(files, (route) => route.fulfill({ contentType: "image/png", body: PICTURE }));
    const letFilesPass = await obstruct(page, files);
    const openOdila = () => row(page, "Odila").click();
    await comesByClick(/\/conversations\/[^/]+\/messages\?/, openOdila, log(page));
    const missing = log(page).getByText("Foto: No se pudo cargar.");
    await missing.waitFor();
    letFilesPass();
    await log(page).getByRole("button", { name: "Reintentar" }).click();
    await missing.waitFor({ state: "detached" });
    const picture = log(page).getByRole("img", { name: "Foto" });
    await eventually(async () =>
      expect(await picture.boundingBox()).toMatchObject({ width: 260, height: 195 }),
    );

    await page.getByRole("button", { name: "Nueva conversación" }).click();
    await page.getByLabel("Teléfono").fill("+52 998 223 0512");
    const openPicker = () => page.getByRole("button", { name: "Continuar" }).click();
    const picker = page.getByRole("dialog", { name: "Plantillas" });
    await comesByClick(/\/api\/templates(?:\?|$)/, openPicker, picker);
    // Nobody has had Meta's listed: who may do so does.
    await picker.getByRole("button", { name: "order ready" }).waitFor();
    await picker.getByRole("searchbox").fill("zzz");
    await picker.getByText("Ninguna plantilla coincide con la búsqueda.").waitFor();
  });

  test("an address of a conversation that has become part of another leads to that one", async () => {
    const phone = "+529982230601";
    const { customers } = inbox.paloma.simulator;
    customers.put(phone, { name: "Olivia", hidesPhone: true, tellsUserId: true });
    await write(inbox.paloma, phone, "Sin número");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const hidden = await row(page, "Olivia").getAttribute("href");
    const userId = customers.find(phone)?.userId ?? null;
    customers.put(phone, { hidesPhone: false, userId: null, tellsUserId: false });
    await write(inbox.paloma, phone, "Sin nombre de usuario");
    await eventually(() => expect(row(page, "Olivia").count()).resolves.toBe(2));
    customers.put(phone, { userId, tellsUserId: true });
    await write(inbox.paloma, phone, "Soy la misma");
    await eventually(() => expect(row(page, "Olivia").count()).resolves.toBe(1));
    const survivor = await row(page, "Olivia").getAttribute("href");
    for (const href of [hidden, survivor]) {
      await page.goto(href ?? "");
      await article(page, "Soy la misma").waitFor();
      expect(await log(page).getByRole("article").count()).toBe(3);
      expect(new URL(page.url()).pathname).toBe(survivor);
    }
  });
});

/** The reactions that Meta took for the phone that ends so. */
function reactionsTo(digits: string) {
  return inbox.paloma.simulator.sent.filter(
    ({ type, input }) => type === "reaction" && input.endsWith(digits),
  );
}

/** Puts an emoji on a message. */
async function react(page: Page, on: string, emoji: string): Promise<void> {
  await article(page, on).getByRole("button", { name: "Reaccionar" }).click();
  await page.getByRole("toolbar", { name: "Reaccionar" }).getByText(emoji).click();
}

/** Meta's number is among all that is known of a message. */
async function saysNumber(page: Page, bubble: Locator, number: string): Promise<void> {
  await bubble.getByRole("button", { name: "Detalles" }).click();
  const details = page.getByRole("dialog", { name: "Detalles" });
  await details.getByText(number).first().waitFor();
  await details.getByRole("button", { name: "Cerrar" }).click();
}

/** What the page says in Spanish, and in English once somebody switches. */
async function says(page: Page, spanish: string, english: string): Promise<void> {
  await page.getByText(spanish).first().waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText(english).first().waitFor();
  await page.getByRole("button", { name: "Español" }).click();
}

/** What those who listen to the page hear at once. */
async function heard(page: Page, text: string): Promise<void> {
  await page.locator('[aria-live="assertive"]').getByText(text).waitFor({ state: "attached" });
}

/** A message that leaves tomorrow. */
async function schedule(to: string, body: string): Promise<void> {
  const answer = await fetch(`${inbox.paloma.url}/v1/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEYS.luis}`, "content-type": "application/json" },
    body: JSON.stringify({
      to,
      text: { body },
      send_at: new Date(Date.now() + DAY_MS / 2).toISOString(),
    }),
  });
  expect(answer.status).toBe(202);
}

async function erase(phone: string): Promise<void> {
  const { status } = await fetch(`${inbox.paloma.url}/v1/contacts/${phone}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${KEYS.admin}` },
  });
  expect(status).toBe(204);
}

/** Whether Paloma has its own copy of the file that this customer sent last. */
async function hasStoredFile(name: string): Promise<boolean> {
  const read = async (path: string) => {
    const headers = { authorization: `Bearer ${KEYS.admin}` };
    return (await fetch(`${inbox.paloma.url}/v1/conversations${path}`, { headers })).json();
  };
  const [conversation] = (await read(`?q=${name}`)).data;
  const [message] = (await read(`/${conversation.id}/messages`)).data;
  return message.attachments[0].stored;
}
