/** What staff do all day: sign in, read, answer, leave off and come back. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  article,
  browserProgram,
  composer,
  eventually,
  KEYS,
  log,
  obstruct,
  openRow,
  REFUSED,
  row,
  signIn,
  useInbox,
  write,
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox({ settings: { MARK_AS_READ: "on_open" } });
const { customer } = inbox;

const KIB = 1_024;

/** As Lighthouse has it: 1.6 Mbit/s, 150 ms. */
const SLOW_4G = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
} as const;

/** A cheap phone's processor is so many times slower. */
const SLOW_PHONE = 6;

const SLOW_LIST_MS = 3_500;
/** The quickest of several counts: other programs may have the processor. */
const LOADS = 4;

const MINUTE_MS = 60_000;

/** Longer than what the page takes for a touch that means the menu. */
const LONG_PRESS_MS = 700;

/** So long a closed conversation can be had back. */
const UNDO_MS = 6_000;

describe.skipIf(browserProgram === null)("the inbox", () => {
  test("J1: a wrong key is refused, the right one opens the inbox, signing out leaves nothing", async () => {
    await customer("+529982220101", "Uriel", "¿Tienen cita mañana?");
    const { page, context } = await inbox.open({ expects: [REFUSED, /net::ERR_/] });
    await page.getByLabel("Clave de acceso").fill("no-such-key-at-all");
    await page.getByRole("button", { name: "Entrar" }).click();
    await page.getByText("Esa clave no es válida.").waitFor();

    await signIn(page, KEYS.ana);
    await openRow(page, "Uriel");
    await composer(page).fill("Un borrador");
    await eventually(async () => expect(await keptOf(page)).toContain("Un borrador"));
    const unreached = await obstruct(page, "**/inbox/api/messages");
    await composer(page).fill("No llega");
    await composer(page).press("Enter");
    await eventually(async () => expect(await keptOf(page)).toContain("No llega"));
    await composer(page).fill("Un borrador");
    await eventually(async () => expect(await keptOf(page)).toContain("Un borrador"));
    page.on("dialog", (dialog) => void dialog.accept());
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
    expect(await keptOf(page)).not.toContain(KEYS.ana);

    await page.getByRole("button", { name: "Salir" }).click();
    await page.getByLabel("Clave de acceso").waitFor();
    expect(await context.cookies()).toEqual([]);
    for (const text of ["borrador", "No llega"]) expect(await keptOf(page)).not.toContain(text);
    unreached();
  });

  test("J1: on this machine a link signs in, and its key does not stay in the address", async () => {
    const { page } = await inbox.open();
    await page.goto("about:blank");
    await page.goto(`/inbox/#clave=${KEYS.ana}`);
    await page.getByRole("navigation", { name: "Conversaciones" }).waitFor();
    expect(page.url()).toBe(`${inbox.paloma.url}/inbox/`);
  });

  test("J2: a new message comes to the top, is counted, and is read only by who looks at it", async () => {
    inbox.paloma.simulator.customers.put("+529982220201", { name: "Vera" });
    await inbox.paloma.simulator.customers.write({
      from: "+529982220201",
      content: { type: "text", body: "Primero" },
      at: Date.now() - MINUTE_MS,
    });
    await customer("+529982220202", "Wanda", "Segundo");
    const { page } = await inbox.openAs(KEYS.ana);
    await page.evaluate(() => {
      Object.assign(document, { hasFocus: () => "isLooking" in globalThis });
    });
    await eventually(() => expect(firstRow(page)).resolves.toMatch(/^Wanda/));
    await write(inbox.paloma, "+529982220201", "¿Hay lugar hoy?");
    await eventually(() =>
      expect(firstRow(page)).resolves.toMatch(/^Vera, 2 sin leer.*¿Hay lugar hoy\?/),
    );
    await eventually(() => expect(page.title()).resolves.toMatch(/^\([2-9]\) Bandeja$/));

    await openRow(page, "Vera");
    const wamid = await write(inbox.paloma, "+529982220201", "¿Sí?");
    const reads = () => JSON.stringify(inbox.paloma.simulator.reads);
    await page.getByText("Vera: ¿Sí?").waitFor({ state: "attached" });
    // Nobody looks: the time that a look must last passes without a read mark.
    await page.waitForTimeout(1_500);
    expect(reads()).not.toContain(wamid);

    await page.evaluate(() => Object.assign(globalThis, { isLooking: true }));
    await eventually(() => expect(reads()).toContain(wamid));
    await eventually(() => expect(firstRow(page)).resolves.not.toContain("sin leer"));
  });

  test("J3: an answer shows at once, and then how far it has come", async () => {
    await customer("+529982220301", "Xenia", "¿A qué hora abren?");
    const { page } = await inbox.openAs(KEYS.luis);
    await openRow(page, "Xenia");
    inbox.paloma.simulator.rules.add({
      match: { type: "text", times: 1 },
      effect: { kind: "statuses", statuses: [] },
    });
    await composer(page).fill("A las *nueve*");
    await composer(page).press("Shift+Enter");
    await composer(page).pressSequentially("Te esperamos");
    await composer(page).press("Enter");
    expect(await composer(page).inputValue()).toBe("");
    await article(page, "A las nueve").getByText("Enviado", { exact: true }).waitFor();
    await article(page, "A las nueve").getByText("Luis", { exact: true }).waitFor();
    // The clinic's time is shown, and named beside this device's own.
    const time = article(page, "A las nueve").getByRole("time");
    const at = await time.getAttribute("datetime");
    for (const timeZone of ["America/Cancun", "Europe/Berlin"]) {
      const clock = new Intl.DateTimeFormat("es-MX", { timeStyle: "short", timeZone });
      expect(await time.getAttribute("title")).toContain(clock.format(Date.parse(at ?? "")));
    }
    const sent = inbox.paloma.simulator.sent.at(-1);
    expect(sent?.body).toMatchObject({ text: { body: "A las *nueve*\nTe esperamos" } });

    for (const [status, word] of [
      ["delivered", "Entregado"],
      ["read", "Leído"],
    ] as const) {
      inbox.paloma.simulator.reportStatus(sent?.wamid ?? "", status);
      await inbox.paloma.simulator.idle();
      await article(page, "A las nueve").getByText(word, { exact: true }).waitFor();
    }
    expect(await log(page).getByRole("article").count()).toBe(2);

    await tool(page, "A las nueve", "Detalles").click();
    const details = page.getByRole("dialog", { name: "Detalles" });
    const facts = details.getByRole("definition");
    await eventually(async () => {
      const terms = await details.getByRole("term").allTextContents();
      expect(terms).toEqual(expect.arrayContaining(["De", "Entregado", "Leído"]));
      expect(await facts.first().textContent()).toBe("luis");
      expect(await details.getByRole("time").count()).toBe(3);
    });
    await details.getByText(sent?.wamid ?? "no wamid").waitFor();
    await details.getByRole("button", { name: "Cerrar" }).click();
    await eventually(async () => expect(await focused(page)).toBe("Detalles"));
  });

  test("J16: a draft belongs to its conversation, survives a reload, and is sent nowhere else", async () => {
    await customer("+529982220401", "Yago", "Hola");
    await customer("+529982220402", "Zoe", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Yago");
    await composer(page).fill("Para Yago");
    await openRow(page, "Zoe");
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe(""));
    await composer(page).fill("Para Zoe");
    await composer(page).press("Enter");
    await article(page, "Para Zoe").waitFor();
    await page.reload();
    await openRow(page, "Yago");
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe("Para Yago"));

    const second = await context.newPage();
    await second.goto(page.url());
    await composer(second).fill("Para Yago, desde otra ventana");
    await eventually(() => expect(composer(page).inputValue()).resolves.toContain("otra ventana"));
    const texts = inbox.paloma.simulator.sent.map(({ body }) => JSON.stringify(body));
    expect(texts.filter((text) => text.includes("Yago"))).toEqual([]);
  });

  test("J17: a key that only reads has no box, and the server takes nothing from it", async () => {
    await customer("+529982220501", "Abel", "Hola");
    const { page } = await inbox.openAs(KEYS.reader, { expects: [REFUSED] });
    await openRow(page, "Abel");
    await page.getByText("Tu clave solo permite leer.").waitFor();
    expect(await composer(page).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Cerrar" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Estado" }).count()).toBe(0);
    expect(await toolsOf(page, "Hola")).toEqual(["Copiar", "Detalles"]);
    const status = await page.evaluate(async () => {
      const { status: answer } = await fetch("/inbox/api/messages", {
        method: "POST",
        headers: { "x-paloma-inbox": "1", "content-type": "application/json" },
        body: JSON.stringify({ to: "+529982220501", text: { body: "no" } }),
      });
      return answer;
    });
    expect(status).toBe(403);
  });

  test("J17: whoever administers sees what the doctor says", async () => {
    const { page } = await inbox.openAs(KEYS.admin);
    await page.getByRole("link", { name: "Estado" }).click();
    await page.getByRole("heading", { name: "Estado" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Estado" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/inbox/status");
  });

  test("closing takes a conversation off the open ones, and can be undone", async () => {
    await customer("+529982220601", "Berta", "Gracias");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Berta");
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Deshacer" }).click();
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Cerradas" }).click();
    await row(page, "Berta").waitFor();
    await page.getByRole("button", { name: "Abiertas" }).click();
    await eventually(() => expect(row(page, "Berta").count()).resolves.toBe(0));
  });

  test("a search finds people by name, without accents, and by digits", async () => {
    await customer("+529987654321", "Íñigo Peñúñuri", "Hola");
    const { page } = await inbox.openAs(KEYS.ana);
    for (const text of ["inigo pen", "7654"]) {
      await page.getByRole("searchbox", { name: "Buscar" }).fill(text);
      await eventually(async () => {
        const links = page.getByRole("navigation", { name: "Conversaciones" }).getByRole("link");
        expect(await links.count()).toBe(1);
        expect(await row(page, "Íñigo").count()).toBe(1);
      });
    }
  });

  test("a reply quotes what it answers, and an edit and a reaction show where they belong", async () => {
    const wamid = await customer("+529982220701", "Celia", "¿Cuánto cuesta?");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Celia");
    await article(page, "¿Cuánto cuesta?").getByRole("button", { name: "Responder" }).click();
    await composer(page).fill("Cien pesos");
    await composer(page).press("Enter");
    await article(page, "Cien pesos")
      .getByRole("blockquote")
      .getByText("¿Cuánto cuesta?")
      .waitFor();
    expect(inbox.paloma.simulator.sent.at(-1)?.body).toMatchObject({
      context: { message_id: wamid },
    });

    const sent = inbox.paloma.simulator.sent.at(-1)?.wamid ?? "";
    await write(inbox.paloma, "+529982220701", { type: "reaction", messageId: sent, emoji: "👍" });
    await write(inbox.paloma, "+529982220701", {
      type: "edit",
      originalMessageId: wamid,
      body: "¿Cuánto es?",
    });
    await article(page, "Cien pesos").getByText("👍").waitFor();
    await fetch(`${inbox.paloma.url}/v1/contacts/+529982220701`, {
      method: "PUT",
      headers: { authorization: `Bearer ${KEYS.luis}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "Celia Uc" }),
    });
    await article(page, "Cien pesos").getByText("Celia Uc").waitFor();
    await article(page, "¿Cuánto es?").getByText("editado").waitFor();
    await write(inbox.paloma, "+529982220701", { type: "revoke", originalMessageId: wamid });
    await log(page).getByText("Se eliminó este mensaje").first().waitFor();
  });

  test("an emoji stands on a message at once, gives way to another, and is taken away by the same", async () => {
    const phone = "+529982220721";
    const wamid = await customer(phone, "Cira", "¿Vienen hoy?");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Cira");
    const shown = article(page, "¿Vienen hoy?").getByRole("list", { name: "Reacciones" });
    const choose = async (emoji: string) => {
      await tool(page, "¿Vienen hoy?", "Reaccionar").click();
      await page.getByRole("toolbar", { name: "Reaccionar" }).getByText(emoji).click();
    };
    const letPass = await obstruct(page, "**/inbox/api/messages", async (route) => {
      await eventually(() => expect(shown.textContent()).resolves.toBe("👍"));
      letPass();
      await route.fallback();
    });
    await choose("👍");
    await eventually(() => expect(reactionsTo(phone)).toEqual([[wamid, "👍"]]));
    await choose("❤️");
    await eventually(() => expect(shown.textContent()).resolves.toBe("❤️"));
    await page.getByText("Tú: ❤️").waitFor({ state: "attached" });

    // What the page shows is what the server has.
    await eventually(() => expect(reactionsTo(phone)).toHaveLength(2));
    await page.reload();
    await eventually(() => expect(shown.textContent()).resolves.toBe("❤️"));
    await tool(page, "¿Vienen hoy?", "Reaccionar").click();
    const pressed = page.getByRole("button", { pressed: true, name: "❤️" });
    await pressed.waitFor();
    await page.keyboard.press("Escape");
    await choose("❤️");
    await eventually(() => expect(shown.count()).resolves.toBe(0));
    const chosen = ["👍", "❤️", ""].map((emoji) => [wamid, emoji]);
    await eventually(() => expect(reactionsTo(phone)).toEqual(chosen));
    expect(await log(page).getByRole("article").count()).toBe(1);
  });

  test("a text is copied as it was written, with and without a clipboard, and a card as its number", async () => {
    const phone = "+529982220731";
    await customer(phone, "Ciro", "*Hola*\n_dos_ líneas");
    const contacts = [{ name: { formatted_name: "Vet" }, phones: [{ phone: "+52 998 111 2233" }] }];
    await write(inbox.paloma, phone, { type: "contacts", contacts });
    await write(inbox.paloma, phone, { type: "sticker" });
    const { page, context } = await inbox.openAs(KEYS.ana);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await openRow(page, "Ciro");
    for (const isAllowed of [true, false]) {
      for (const [text, expected] of [
        ["líneas", "*Hola*\n_dos_ líneas"],
        ["Vet", "+52 998 111 2233"],
      ] as const) {
        await tool(page, text, "Copiar").click();
        await page
          .locator('[aria-live="polite"]')
          .getByText("Copiado")
          .waitFor({ state: "attached" });
        await composer(page).fill("");
        await composer(page).press("Control+V");
        await eventually(async () => expect(await composer(page).inputValue()).toBe(expected));
      }
      if (!isAllowed) break;
      await page.evaluate(() =>
        Object.defineProperty(navigator, "clipboard", { value: undefined }),
      );
    }
    await page.evaluate(() => Object.assign(document, { execCommand: () => false }));
    await tool(page, "Vet", "Copiar").click();
    await page.getByText("No se pudo copiar.").waitFor({ state: "attached" });
    expect(await toolsOf(page, "Sticker")).toEqual(["Responder", "Reaccionar", "Detalles"]);
  });

  test("a click on a quote leads to what it quotes, however far up", async () => {
    const from = "+529982220711";
    const wamid = await customer(from, "Celina", "La primera pregunta");
    await writeAll(
      inbox.paloma,
      Array.from({ length: 120 }, (_each, place) => ({ from, content: `Otra ${place}` })),
    );
    await inbox.paloma.simulator.customers.write({
      from,
      content: { type: "text", body: "¿Y esto?" },
      replyTo: wamid,
    });
    await inbox.paloma.simulator.idle();
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Celina");
    const last = article(page, "¿Y esto?").last();
    for (const times of [1, 2]) {
      await eventually(async () => {
        const down = page.getByRole("button", { name: /Ir al final|nuevo/ });
        if ((await down.count()) > 0) await down.click();
        expect(await last.getByRole("blockquote").getByRole("button").count()).toBe(1);
      });
      await last.getByRole("blockquote").getByRole("button").click();
      await eventually(async () =>
        expect(await focusedInView(page), `time ${times}`).toContain("La primera pregunta"),
      );
    }
  });

  test("J18: the keyboard alone signs in, finds, answers, quotes, closes and undoes", async () => {
    await customer("+529982220901", "Eva", "Hola");
    const { page } = await inbox.open();
    await page.getByLabel("Clave de acceso").focus();
    await page.keyboard.type(KEYS.ana);
    await page.keyboard.press("Enter");
    await row(page, "Eva").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("eva");
    await eventually(async () => {
      const links = page.getByRole("navigation", { name: "Conversaciones" }).getByRole("link");
      expect(await links.count()).toBe(1);
    });
    await row(page, "Eva").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await article(page, "Hola").waitFor();
    await eventually(async () => expect(await focused(page)).toBe("Escribe un mensaje"));
    await tool(page, "Hola", "Responder").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await eventually(async () => expect(await focused(page)).toBe("👍"));
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await article(page, "Hola").getByText("💪").waitFor();
    await eventually(async () => expect(await focused(page)).toBe("Reaccionar"));
    await composer(page).focus();
    await page.keyboard.type("Con el ");
    // What comes meanwhile takes nobody's focus.
    await write(inbox.paloma, "+529982220901", "¿Sigue ahí?");
    await article(page, "¿Sigue ahí?").waitFor();
    await page.keyboard.type("teclado");
    await page.keyboard.press("Enter");
    await article(page, "Con el teclado").waitFor();

    await article(page, "¿Sigue ahí?").getByRole("button", { name: "Responder" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Respuesta a Eva").waitFor();
    await eventually(async () => expect(await focused(page)).toBe("Escribe un mensaje"));
    await page.keyboard.press("Escape");
    await page.getByText("Respuesta a Eva").waitFor({ state: "detached" });
    // The answer has made it active: what comes of that later would end the offer to undo.
    await page.getByRole("main").getByRole("button", { name: "Pendiente" }).waitFor();
    const close = page.getByRole("main").getByRole("button", { name: "Cerrar" });
    await close.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Deshacer" }).focus();
    await page.keyboard.press("Enter");
    await close.waitFor();

    await page.keyboard.press("Escape");
    await eventually(() => expect(new URL(page.url()).pathname).toBe("/inbox/"));
    await eventually(async () => expect(await focused(page)).toMatch(/^Eva/));
  });

  test("J18: the focus is never lost, whatever goes, moves or is disabled under it", async () => {
    await customer("+529982220911", "Fausto", "Hola");
    await customer("+529982220912", "Gina", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { hasOwnClock: true });
    await openRow(page, "Fausto");
    await eventually(async () => expect(await focused(page)).toBe("Escribe un mensaje"));
    await page.evaluate(watchFocus);
    const actions = page.getByRole("main").getByRole("button");
    const press = async (name: string, then: string) => {
      await actions.filter({ hasText: name }).focus();
      await page.keyboard.press("Enter");
      await eventually(async () => expect(await focused(page)).toBe(then));
    };
    await press("Cerrar", "Deshacer");
    await press("Deshacer", "Cerrar");
    await press("Cerrar", "Deshacer");
    // The offer to undo goes by itself.
    await page.clock.fastForward(UNDO_MS);
    await eventually(async () => expect(await focused(page)).toBe("Reabrir"));
    await press("Reabrir", "Cerrar");

    for (const [link, target] of [
      ["Ir a los mensajes", "Mensajes"],
      ["Ir a escribir", "Escribe un mensaje"],
      ["Ir a la lista", await firstRow(page)],
    ] as const) {
      await page.getByRole("link", { name: link }).focus();
      await page.keyboard.press("Enter");
      await eventually(async () => expect(await focused(page)).toBe(target));
    }
    // What a search finds takes the place of the row that has the focus.
    await page.getByRole("searchbox").evaluate((field: HTMLInputElement) => {
      field.value = "gina";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await eventually(() => expect(row(page, "Fausto").count()).resolves.toBe(0));
    await page.waitForFunction(() => document.activeElement?.closest("nav") !== null);
    await page.getByRole("button", { name: "Abiertas" }).click();

    await composer(page).fill("Ya");
    await page.getByRole("button", { name: "Enviar" }).focus();
    await page.keyboard.press("Enter");
    await eventually(async () => expect(await focused(page)).toBe("Escribe un mensaje"));
    await article(page, "Hola").getByRole("button", { name: "Responder" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Quitar la cita" }).focus();
    await page.keyboard.press("Enter");
    await eventually(async () => expect(await focused(page)).toBe("Escribe un mensaje"));

    await row(page, "Gina").focus();
    await write(inbox.paloma, "+529982220911", "Vuelvo arriba");
    await eventually(() => expect(firstRow(page)).resolves.toMatch(/^Fausto/));
    await write(inbox.paloma, "+529982220912", "Y yo");
    await eventually(() => expect(firstRow(page)).resolves.toMatch(/^Gina/));
    expect(await focused(page)).toMatch(/^Gina/);
    await erase("+529982220912");
    await eventually(() => expect(row(page, "Gina").count()).resolves.toBe(0));
    await page.waitForFunction(() => document.activeElement?.matches("nav li a"));
    expect(await page.evaluate(() => Reflect.get(globalThis, "framesWithoutFocus"))).toBe(0);
  });

  test("on a phone one pane shows at a time, and back leads to the list", async () => {
    await customer("+529982220801", "Dora", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, {
      viewport: { width: 360, height: 640 },
      hasTouch: true,
      isMobile: true,
    });
    await openRow(page, "Dora");
    await page.getByRole("navigation", { name: "Conversaciones" }).waitFor({ state: "hidden" });
    await eventually(async () => expect(await focused(page)).toBe("Dora"));
    const menu = page.getByRole("dialog", { name: "Opciones del mensaje" });
    await longPress(page, article(page, "Hola"));
    await menu.getByRole("button", { name: "🙏" }).tap();
    await article(page, "Hola").getByText("🙏").waitFor();
    await longPress(page, article(page, "Hola"));
    await menu.getByRole("button", { name: "Responder" }).tap();
    await page.getByText("Respuesta a Dora").waitFor();
    expect(await menu.count()).toBe(0);
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await longPress(page, article(page, "Hola"));
    await menu.getByRole("button", { name: "Copiar" }).tap();
    await page.getByText("Copiado").waitFor({ state: "attached" });
    await page.goBack();
    await row(page, "Dora").waitFor();
    await eventually(async () => expect(await focused(page)).toMatch(/^Dora,/));
    await eventually(() => expect(log(page).count()).resolves.toBe(0));
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  test("in another language of the browser all names are English", async () => {
    await customer("+529982220931", "Irma", "Hello");
    const { page, context } = await inbox.open({ locale: "en-US", expects: [/net::ERR_/] });
    const exact = true;
    await page.getByLabel("Access key", { exact }).fill(KEYS.admin);
    await page.getByRole("button", { name: "Sign in", exact }).click();
    const list = page.getByRole("navigation", { name: "Conversations", exact });
    await page.getByRole("link", { name: "Status", exact }).waitFor();
    await page.getByRole("searchbox", { name: "Search", exact }).waitFor();
    await page.getByRole("button", { name: "Sign out", exact }).waitFor();
    await list.getByRole("link", { name: /^Irma/ }).click();
    const bubbles = page.getByRole("log", { name: "Messages", exact }).getByRole("article");
    await bubbles.filter({ hasText: "Hello" }).waitFor();
    await context.setOffline(true);
    await page.getByRole("status", { name: "Offline…", exact }).waitFor();
    await page.getByRole("textbox", { name: "Write a message", exact }).fill("Hi");
    await page.getByRole("button", { name: "Send", exact }).click();
    await bubbles.filter({ hasText: "Hi" }).getByText("Queued", { exact }).waitFor();
    await context.setOffline(false);
    await bubbles
      .filter({ hasText: "Hi" })
      .getByText(/^(?:Sent|Delivered|Read)$/)
      .waitFor();
    await page.getByRole("button", { name: "Español" }).click();
    await page.getByRole("navigation", { name: "Conversaciones" }).waitFor();
    await eventually(() => expect(page.locator("html").getAttribute("lang")).resolves.toBe("es"));
  });

  test("J23: the page is light, and asks for nothing but itself before somebody signs in", async () => {
    const { page } = await inbox.open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.reload();
    await page.getByLabel("Clave de acceso").waitFor();
    await page.waitForLoadState("networkidle");
    expect(asked.filter((path) => !/^\/inbox\/(?:assets\/.*)?$/.test(path))).toEqual([]);
    expect(builtBytes(".js")).toBeLessThan(45 * KIB);
    expect(builtBytes(".css")).toBeLessThan(10 * KIB);
  });

  test("J23: on a slow phone and a slow network the list is there in a few seconds", async () => {
    await customer("+529982220921", "Hugo", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana);
    const took: number[] = [];
    for (let turn = 0; turn < LOADS && Math.min(...took) >= SLOW_LIST_MS; turn += 1) {
      const slow = await context.newPage();
      const session = await context.newCDPSession(slow);
      await session.send("Network.enable");
      await session.send("Network.setCacheDisabled", { cacheDisabled: true });
      await session.send("Network.emulateNetworkConditions", SLOW_4G);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW_PHONE });
      const startedAt = Date.now();
      await slow.goto("/inbox/", { waitUntil: "commit" });
      await row(slow, "Hugo").waitFor();
      took.push(Date.now() - startedAt);
      await slow.close();
    }
    expect(Math.min(...took)).toBeLessThan(SLOW_LIST_MS);
    await page.close();
  });
});

/** One of the things to do with a message. */
function tool(page: Page, text: string, name: string) {
  return article(page, text).getByRole("toolbar").getByRole("button", { name });
}

function toolsOf(page: Page, text: string): Promise<(string | null)[]> {
  return article(page, text)
    .getByRole("toolbar")
    .getByRole("button")
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
}

/** The reactions that Meta took for this phone, in order: what they are about, and the emoji. */
function reactionsTo(phone: string): (string | null)[][] {
  return inbox.paloma.simulator.sent
    .filter(({ input, type }) => type === "reaction" && input.endsWith(phone.slice(-10)))
    .map(({ body }) => {
      const { message_id, emoji } = Object(body["reaction"]);
      return [message_id, emoji];
    });
}

/** A finger that stays, as the browser's debugger has it. */
async function longPress(page: Page, on: Locator): Promise<void> {
  const { x = 0, y = 0 } = (await on.boundingBox()) ?? {};
  const session = await page.context().newCDPSession(page);
  const touchPoints = [{ x: x + 20, y: y + 10 }];
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await page.waitForTimeout(LONG_PRESS_MS);
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

/** The label of the row on top. */
async function firstRow(page: Page): Promise<string> {
  const rows = page.getByRole("navigation", { name: "Conversaciones" }).getByRole("link");
  const labels = await rows.evaluateAll((links) =>
    links
      .map((link) => ({
        label: link.getAttribute("aria-label"),
        top: link.getBoundingClientRect().top,
      }))
      .toSorted((one, other) => one.top - other.top),
  );
  return labels[0]?.label ?? "";
}

/** The text of what has the focus, if all of it can be seen in the log. */
function focusedInView(page: Page): Promise<string | null> {
  return log(page).evaluate((box) => {
    const { activeElement } = document;
    const frame = box.getBoundingClientRect();
    const { top = -1, bottom = Infinity } = activeElement?.getBoundingClientRect() ?? {};
    return top >= frame.top && bottom <= frame.bottom ? (activeElement?.textContent ?? "") : "";
  });
}

/** The name of what has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
  });
}

/** Runs in the page: counts the frames in which nothing has the focus. */
function watchFocus(): void {
  Reflect.set(globalThis, "framesWithoutFocus", 0);
  const look = () => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    const count = Number(Reflect.get(globalThis, "framesWithoutFocus"));
    Reflect.set(globalThis, "framesWithoutFocus", count + (isLost ? 1 : 0));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function erase(phone: string): Promise<void> {
  const { status } = await fetch(`${inbox.paloma.url}/v1/contacts/${phone}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${KEYS.admin}` },
  });
  expect(status).toBe(204);
}

/** All that the page keeps in this browser, and shows. */
async function keptOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const done = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve) => {
        request.addEventListener("success", () => resolve(request.result));
      });
    const storedIn = (databases: readonly IDBDatabaseInfo[]) =>
      Promise.all(
        databases.map(async ({ name = "" }) => {
          const database = await done(indexedDB.open(name));
          const stores = [...database.objectStoreNames].map((store) =>
            done(database.transaction(store).objectStore(store).getAll()),
          );
          const kept = await Promise.all(stores);
          database.close();
          return [name, kept];
        }),
      );
    return JSON.stringify([
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      await storedIn(await indexedDB.databases()),
      location.href,
      document.documentElement.outerHTML,
    ]);
  });
}

function builtBytes(extension: string): number {
  const folder = "assets/inbox/assets";
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).byteLength, 0);
}
