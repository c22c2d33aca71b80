/** Nothing that somebody wrote is lost or leaves twice, whatever the device, the network and hasty hands do. */
import type { Page } from "playwright-core";
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
  row,
  signIn,
  useInbox,
  write,
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox({ settings: { MARK_AS_READ: "on_open" } });
const { customer, textsTo } = inbox;

/** What Chromium writes of requests that a journey keeps from arriving. */
const UNREACHED = [/net::ERR_/, /status of (?:404|409|422|429|502|503)/, /WebSocket/];

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

const LEFT = /Enviado|Entregado|Leído/;

describe.skipIf(browserProgram === null)("what is written in the inbox", () => {
  test("J9: answers that break off end neither the poll nor the outbox", async () => {
    await customer("+529982270101", "Abril", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Abril");
    let broken = 0;
    const letPass = await obstruct(page, "**/inbox/api/**", async (route) => {
      const answer = await route.fetch();
      broken += 1;
      const half = (await answer.text()).slice(0, 20);
      await route.fulfill({ response: answer, body: half });
    });
    await composer(page).fill("Sigo aquí");
    await composer(page).press("Enter");
    await eventually(() => expect(broken).toBeGreaterThan(4));
    letPass();
    await article(page, "Sigo aquí").getByText(LEFT).waitFor();
    expect(textsTo("+529982270101")).toEqual(["Sigo aquí"]);
    await write(inbox.paloma, "+529982270101", "¿Y yo?");
    await article(page, "¿Y yo?").waitFor();
    await composer(page).fill("También");
    await composer(page).press("Enter");
    await eventually(() => expect(textsTo("+529982270101")).toEqual(["Sigo aquí", "También"]));
  });

  test("J9: a device without room keeps nothing, and yet all of it leaves", async () => {
    await customer("+529982270201", "Bruno", "Hola");
    const { page } = await inbox.open();
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      };
      IDBObjectStore.prototype.put = refuse;
      Storage.prototype.setItem = refuse;
    });
    await page.reload();
    await signIn(page, KEYS.ana);
    await openRow(page, "Bruno");
    for (const text of ["Sin espacio", "ni para dos"]) {
      await composer(page).fill(text);
      await composer(page).press("Enter");
    }
    await article(page, "ni para dos").getByText(LEFT).waitFor();
    expect(textsTo("+529982270201")).toEqual(["Sin espacio", "ni para dos"]);
  });

  test("J9: a device whose storage never answers keeps nothing, and yet all of it leaves", async () => {
    await customer("+529982270221", "Berta", "Hola");
    const { page } = await inbox.open();
    await page.addInitScript(() => {
      // A request to which nothing ever happens.
      Object.assign(IDBFactory.prototype, { open: () => ({}) });
    });
    await page.reload();
    await signIn(page, KEYS.ana);
    await openRow(page, "Berta");
    for (const text of ["Sin respuesta", "y otra vez"]) {
      await composer(page).fill(text);
      await composer(page).press("Enter");
    }
    await article(page, "y otra vez").getByText(LEFT).waitFor();
    expect(textsTo("+529982270221")).toEqual(["Sin respuesta", "y otra vez"]);
    expect(await composer(page).inputValue()).toBe("");
  });

  test("J9: what waits stands in the order in which it was written, after a reload too", async () => {
    const phone = "+529982270251";
    await customer(phone, "Camila", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const letPass = await obstruct(page, "**/inbox/api/messages");
    await openRow(page, "Camila");
    const texts = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete"];
    for (const text of texts) {
      await composer(page).fill(`Va ${text}`);
      await composer(page).press("Enter");
    }
    await eventually(() => expect(storedEntries(page)).resolves.toBe(texts.length));
    await page.reload();
    await eventually(async () => {
      const shown = await article(page, "Va ").locator("p:first-of-type").allTextContents();
      expect(shown).toEqual(texts.map((text) => `Va ${text}`));
    });
    letPass();
    await eventually(async () => {
      await lookNow(page);
      expect(textsTo(phone)).toEqual(texts.map((text) => `Va ${text}`));
    });
  });

  test("J9: a tab that alone holds a text asks before it closes", async () => {
    await customer("+529982270261", "Celso", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Celso");
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      };
    });
    const letPass = await obstruct(page, "**/inbox/api/messages");
    await composer(page).fill("Solo aquí");
    await composer(page).press("Enter");
    await article(page, "Solo aquí").getByText("En cola").waitFor();
    const asked = page.waitForEvent("dialog");
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe("beforeunload");
    await dialog.dismiss();
    letPass();
    await article(page, "Solo aquí").getByText(LEFT).waitFor();
  });

  test("J9: a browser that lets the page store nothing at all still sends and reads", async () => {
    await customer("+529982270301", "Carla", "Hola");
    const { page } = await inbox.open();
    await page.addInitScript(() => {
      const refuse = () => {
        throw new DOMException("The operation is insecure.", "SecurityError");
      };
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(globalThis, name, { get: refuse });
      }
    });
    await page.reload();
    await signIn(page, KEYS.ana);
    await openRow(page, "Carla");
    await composer(page).fill("Sin huella");
    await composer(page).press("Enter");
    await article(page, "Sin huella").getByText(LEFT).waitFor();
    expect(textsTo("+529982270301")).toEqual(["Sin huella"]);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Access key").waitFor();
  });

  test.each([
    ["an answer of one's own comes before them", "+529982270351", true],
    ["nothing comes for a while", "+529982270352", false],
  ] as const)(
    "J5: many messages are all there in the end, even where %s",
    async (_case, phone, answers) => {
      await customer(phone, `Carmen ${phone}`, "Hola");
      const line = new FeedLine();
      const { page } = await inbox.openAs(KEYS.ana, { line, expects: UNREACHED });
      await openRow(page, `Carmen \\${phone}`);
      await connected(page);
      line.through = () => null;
      await writeAll(
        inbox.paloma,
        Array.from({ length: 60 }, (_each, place) => ({ from: phone, content: `Línea ${place}.` })),
      );
      if (answers) {
        await composer(page).fill("Un momento");
        await composer(page).press("Enter");
        await article(page, "Un momento").getByText(LEFT).waitFor();
      } else await line.drop();
      line.through = (text) => text;
      await eventually(async () => {
        await lookNow(page);
        expect(await article(page, "Línea").count()).toBe(60);
      });
    },
  );

  test.each([-7, 7])(
    "J10: a device whose clock is wrong by %i hours shows and sends all the same",
    async (hours) => {
      const phone = `+5299822704${10 + hours}`;
      await customer(phone, `Reloj ${hours}`, "Hola");
      const { page } = await inbox.openAs(KEYS.ana, { hasOwnClock: true });
      await page.clock.setSystemTime(Date.now() + hours * HOUR_MS);
      await page.reload();
      await openRow(page, `Reloj ${hours}`);
      await page.getByText(/^Quedan (?:23 h 5\d|24 h 0) min$/).waitFor();
      const clock = await article(page, "Hola").getByRole("time").textContent();
      expect(await row(page, `Reloj ${hours}`).getAttribute("aria-label")).toContain(clock);
      const shown: string[] = [];
      await page.route("**/inbox/api/messages", async (route) => {
        shown.push((await article(page, "A tiempo").getByRole("time").textContent()) ?? "");
        await route.fallback();
      });
      await composer(page).fill("A tiempo");
      await composer(page).press("Enter");
      await article(page, "A tiempo").getByText(LEFT).waitFor();
      expect(textsTo(phone)).toEqual(["A tiempo"]);
      // In the outbox, too, a time is the clinic's: a minute may have passed.
      expect(Math.abs(minutesOf(shown[0] ?? "") - minutesOf(clock ?? ""))).toBeLessThanOrEqual(1);
      await page.clock.setSystemTime(Date.now());
      await lookNow(page);
      // What the page showed before passes too: what it settles on counts.
      await page.waitForTimeout(500);
      await page.getByText(/^Quedan (?:23 h 5\d|24 h 0) min$/).waitFor();
    },
  );

  test("an address that is none shows the list, and not an empty page", async () => {
    await customer("+529982270401", "Dalia", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await page.goto("/inbox/c/%E0%A4%A");
    await row(page, "Dalia").waitFor();
    expect(await page.getByText("Elige una conversación").count()).toBe(1);
  });

  test("J16: a draft goes along with a conversation that becomes part of another", async () => {
    const phone = "+529982270501";
    const { customers } = inbox.paloma.simulator;
    customers.put(phone, { name: "Elisa", hidesPhone: true, tellsUserId: true });
    await write(inbox.paloma, phone, "Sin número");
    const userId = customers.find(phone)?.userId ?? null;
    customers.put(phone, { hidesPhone: false, userId: null, tellsUserId: false });
    await write(inbox.paloma, phone, "Sin nombre de usuario");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const rows = row(page, "Elisa");
    await eventually(() => expect(rows.count()).resolves.toBe(2));
    for (const place of [0, 1]) {
      await rows.nth(place).click();
      await page.locator('[role="log"][aria-busy="false"]').waitFor();
      await composer(page).fill(`Borrador ${place}`);
    }
    customers.put(phone, { userId, tellsUserId: true });
    await write(inbox.paloma, phone, "Soy la misma");
    await eventually(async () => {
      await lookNow(page);
      expect(await rows.count()).toBe(1);
    });
    await rows.click();
    await eventually(async () => {
      await lookNow(page);
      const kept = await composer(page).inputValue();
      expect(kept).toContain("Borrador 0");
      expect(kept).toContain("Borrador 1");
    });
  });

  test("J13: however often somebody taps, a message is sent again once", async () => {
    const phone = "+529982270601";
    await customer(phone, "Fabio", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Fabio");
    inbox.paloma.simulator.rules.add({
      match: { type: "text", times: 1 },
      effect: { kind: "graph_error", code: 131_009 },
    });
    await composer(page).fill("¿Una vez?");
    await composer(page).press("Enter");
    const failed = article(page, "¿Una vez?").first();
    const again = failed.getByRole("button", { name: "Enviar de nuevo" });
    await again.waitFor();
    await again.evaluate(async (button: HTMLButtonElement) => {
      for (let tap = 0; tap < 20; tap += 1) {
        button.click();
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    });
    await article(page, "¿Una vez?").nth(1).getByText(LEFT).waitFor();
    await failed.getByText("No entregado").waitFor();
    // What Meta refused does not count as sent.
    expect(textsTo(phone)).toEqual(["¿Una vez?"]);
  });

  test("J2: a read mark that does not arrive is made again", async () => {
    const phone = "+529982270701";
    await customer(phone, "Gema", "Léeme");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED, hasOwnClock: true });
    let refused = 0;
    await page.route("**/inbox/api/conversations/*/read", async (route) => {
      refused += 1;
      if (refused > 2) await route.fallback();
      else await route.fulfill({ status: 503, json: { code: "unavailable", detail: "" } });
    });
    await openRow(page, "Gema");
    await eventually(async () => {
      await page.clock.runFor(SECOND_MS);
      expect(refused).toBe(3);
    });
    await eventually(async () => {
      expect(await row(page, "Gema").getAttribute("aria-label")).not.toContain("sin leer");
    });
  });

  test("4,096 emoji leave, and of one more it says so", async () => {
    const phone = "+529982270751";
    await customer(phone, "🌸", "Hola");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "🌸");
    const most = "🌸".repeat(4_096);
    await composer(page).fill(`${most}!`);
    await page.getByText("WhatsApp acepta hasta 4096 caracteres.").waitFor();
    await composer(page).press("Enter");
    expect(await composer(page).inputValue()).toBe(`${most}!`);
    await composer(page).fill(most);
    await composer(page).press("Enter");
    await eventually(() => expect(textsTo(phone)).toEqual([most]));
  });

  test("J10: texts that the closed window kept back stand each in its own box, whatever is open", async () => {
    await customer("+529982270801", "Hilda", "Hola");
    await customer("+529982270802", "Isaac", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    inbox.paloma.simulator.rules.add({
      match: { type: "text", times: 3 },
      effect: { kind: "graph_error", code: 131_047 },
    });
    await row(page, "Hilda").waitFor();
    await context.setOffline(true);
    for (const [name, texts] of [
      ["Hilda", ["uno", "dos"]],
      ["Isaac", ["tres"]],
    ] as const) {
      await row(page, name).click();
      for (const text of texts) {
        await composer(page).fill(text);
        await composer(page).press("Enter");
      }
    }
    await page.keyboard.press("Escape");
    await context.setOffline(false);
    await eventually(async () => {
      await lookNow(page);
      expect(await row(page, "Hilda").getAttribute("aria-label")).toContain("Borrador");
      expect(await row(page, "Isaac").getAttribute("aria-label")).toContain("Borrador");
    });
    await eventually(() => expect(storedEntries(page)).resolves.toBe(0));
    await page.reload();
    await openRow(page, "Hilda");
    await eventually(async () => {
      expect((await composer(page).inputValue()).split("\n").toSorted()).toEqual(["dos", "uno"]);
    });
    await openRow(page, "Isaac");
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe("tres"));
  });

  test("J9: what a closed tab left behind leaves from another one", async () => {
    const phone = "+529982270901";
    await customer(phone, "Julia", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const second = await context.newPage();
    await second.goto("/inbox/");
    await openRow(second, "Julia");
    await second.route("**/inbox/api/messages", (route) => route.abort());
    await composer(second).fill("De la otra");
    await composer(second).press("Enter");
    await article(second, "De la otra").getByText("En cola").waitFor();
    await eventually(() => expect(storedEntries(page)).resolves.toBe(1));
    await second.close();
    await eventually(async () => {
      await lookNow(page);
      expect(textsTo(phone)).toEqual(["De la otra"]);
    });
    await eventually(() => expect(storedEntries(page)).resolves.toBe(0));
    await openRow(page, "Julia");
    await eventually(() => expect(log(page).getByRole("article").count()).resolves.toBe(2));
  });
});

/** Of a time such as 14:05. */
function minutesOf(time: string): number {
  const [hours = Number.NaN, minutes = Number.NaN] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** What waits on this device. */
function storedEntries(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const opening = indexedDB.open("paloma-inbox-ana");
        opening.addEventListener("success", () => {
          const { result } = opening;
          const counting = result.transaction("outbox").objectStore("outbox").count();
          counting.addEventListener("success", () => {
            result.close();
            resolve(counting.result);
          });
        });
      }),
  );
}
