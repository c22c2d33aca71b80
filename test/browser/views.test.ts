/** What is open, unanswered, theirs or closed, and whose it is. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  article,
  browserProgram,
  composer,
  eventually,
  KEYS,
  openRow,
  row,
  useInbox,
  write,
} from "./support/inbox.ts";

const inbox = useInbox();
const { customer } = inbox;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** So long the page offers to undo. */
const UNDO_MS = 6_000;

describe.skipIf(browserProgram === null)("the views of the inbox", () => {
  test("a conversation goes to a colleague, and appears among their own", async () => {
    await customer("+529982220801", "Amalia", "Necesito ayuda");
    const luis = await inbox.openAs(KEYS.luis);
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Amalia");
    const assignee = page.getByRole("main").getByLabel("Asignada a");
    expect(await assignee.locator("option").first().textContent()).toBe("Yo");
    await eventually(async () => {
      await assignee.focus();
      expect(await assignee.locator("option").allTextContents()).toContain("Luis");
    });
    await assignee.selectOption({ label: "Luis" });
    await eventually(() =>
      expect(row(page, "Amalia").getAttribute("aria-label")).resolves.toContain("asignada a Luis"),
    );
    await tab(luis.page, "Mías");
    await row(luis.page, "Amalia").waitFor();
    await eventually(() =>
      expect(row(luis.page, "Amalia").getAttribute("aria-label")).resolves.toContain(
        "asignada a Yo",
      ),
    );
    await tab(page, "Mías");
    await page.getByText("No tienes conversaciones asignadas.").waitFor();

    await assignee.selectOption({ label: "Yo" });
    await row(page, "Amalia").waitFor();
    await assignee.selectOption({ label: "Sin asignar" });
    await eventually(async () => {
      expect(await row(luis.page, "Amalia").count()).toBe(0);
    });
    // It is open here, and so stays until another one is.
    await eventually(() =>
      expect(row(page, "Amalia").getAttribute("aria-label")).resolves.not.toContain("asignada"),
    );
    await page.keyboard.press("Escape");
    await eventually(() => expect(row(page, "Amalia").count()).resolves.toBe(0));
  });

  test("an assignment that the server does not take leaves whose it is", async () => {
    await customer("+529982220802", "Bruna", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/status of 503/] });
    await openRow(page, "Bruna");
    const assignee = page.getByRole("main").getByLabel("Asignada a");
    await page.route("**/inbox/api/conversations/*", (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({ status: 503, contentType: "application/problem+json", body: "{}" })
        : route.fallback(),
    );
    await assignee.selectOption({ label: "Yo" });
    await page.getByRole("main").getByText("El servidor no guardó el cambio").waitFor();
    await eventually(() => expect(assignee.inputValue()).resolves.toBe(""));
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("main").getByText("El servidor no guardó el cambio").waitFor();
    expect(await page.getByRole("button", { name: "Deshacer" }).count()).toBe(0);
    await page.unroute("**/inbox/api/conversations/*");
    await assignee.selectOption({ label: "Yo" });
    await page
      .getByRole("main")
      .getByText("El servidor no guardó el cambio")
      .waitFor({ state: "hidden" });
  });

  test("whoever has waited longest comes first, until they are answered", async () => {
    await waitingCustomer("+529982220811", "Carmen", 10 * MINUTE_MS);
    await waitingCustomer("+529982220812", "Dora", 3 * HOUR_MS);
    await waitingCustomer("+529982220813", "Elena", 30 * MINUTE_MS);
    // The newest message is no measure of a wait.
    await write(inbox.paloma, "+529982220812", "¿Hola?");
    const { page } = await inbox.openAs(KEYS.ana);
    await tab(page, "Sin responder");
    await row(page, "Carmen").waitFor();
    await eventually(async () => {
      const names = (await namesOf(page)).filter((name) => /^(Carmen|Dora|Elena)/.test(name));
      expect(names.map((name) => name.split(",")[0])).toEqual(["Dora", "Elena", "Carmen"]);
    });
    await eventually(() =>
      expect(row(page, "Dora").getAttribute("aria-label")).resolves.toContain(
        "espera desde hace 3 h",
      ),
    );
    expect(await row(page, "Elena").textContent()).toContain("30 min");

    await openRow(page, "Dora");
    await composer(page).fill("Aquí estamos");
    await composer(page).press("Enter");
    await article(page, "Aquí estamos").waitFor();
    await eventually(async () => {
      expect(await row(page, "Dora").getAttribute("aria-label")).not.toContain("espera");
    });
    // Who answers one after another keeps the place.
    const still = (await namesOf(page)).filter((name) => /^(Carmen|Dora|Elena)/.test(name));
    expect(still.map((name) => name.split(",")[0])).toEqual(["Dora", "Elena", "Carmen"]);
    await page.keyboard.press("Control+ArrowDown");
    await page.getByRole("heading", { name: "Elena" }).waitFor();
    await eventually(async () => {
      expect(await row(page, "Dora").count()).toBe(0);
    });
    await tab(page, "Abiertas");
    await row(page, "Dora").waitFor();
    expect(await row(page, "Dora").getAttribute("aria-label")).not.toContain("espera");
  });

  test("each view counts what it has, and says when it has nothing", async () => {
    await customer("+529982220821", "Fátima", "Hola");
    const { page } = await inbox.openAs(KEYS.admin);
    await openRow(page, "Fátima");
    await page.getByRole("main").getByLabel("Asignada a").selectOption({ label: "Yo" });
    const mine = page.getByRole("button", { name: "Mías" });
    await eventually(async () => {
      expect(await mine.textContent()).toBe("Mías 1");
    });
    await tab(page, "Mías");
    await row(page, "Fátima").waitFor();
    await eventually(() =>
      expect(row(page, "Fátima").getAttribute("aria-label")).resolves.not.toContain("sin leer"),
    );
    await page.getByLabel("Solo no leídas").check();
    await page.getByText("En «Mías» no hay ninguna que pase el filtro.").waitFor();
    await page.getByRole("button", { name: "Quitar el filtro" }).click();
    await row(page, "Fátima").waitFor();
    expect(await page.getByLabel("Solo no leídas").isChecked()).toBe(false);
  });

  test("closing takes it from everybody's lists, and undoing brings it back as it was", async () => {
    await waitingCustomer("+529982220831", "Gema", 2 * HOUR_MS);
    const { page } = await inbox.openAs(KEYS.ana, { hasOwnClock: true });
    await openRow(page, "Gema");
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Deshacer" }).waitFor();
    await tab(page, "Abiertas");
    await eventually(() => expect(row(page, "Gema").count()).resolves.toBe(0));
    await tab(page, "Cerradas");
    await row(page, "Gema").waitFor();
    await eventually(() =>
      expect(row(page, "Gema").getAttribute("aria-label")).resolves.not.toContain("espera"),
    );
    await page.getByRole("button", { name: "Deshacer" }).click();
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).waitFor();
    await tab(page, "Sin responder");
    await row(page, "Gema").waitFor();
    await eventually(() =>
      expect(row(page, "Gema").getAttribute("aria-label")).resolves.toContain(
        "espera desde hace 2 h",
      ),
    );

    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Deshacer" }).waitFor();
    await page.clock.runFor(UNDO_MS);
    await page.getByRole("button", { name: "Deshacer" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Reabrir" }).click();
    await eventually(() => expect(row(page, "Gema").count()).resolves.toBe(1));
    await composer(page).fill("Ya quedó");
    await composer(page).press("Enter");
    await page.getByRole("main").getByRole("button", { name: "Pendiente" }).click();
    await page.getByRole("button", { name: "Pendiente" }).waitFor({ state: "detached" });
  });

  test("an unread one that is opened stays among the unread until the next is", async () => {
    for (const [phone, name] of [
      ["+529982220851", "Irma"],
      ["+529982220852", "Julia"],
      ["+529982220853", "Karla"],
    ] as const) {
      await customer(phone, name, "Hola");
    }
    const { page } = await inbox.openAs(KEYS.ana);
    await page.getByLabel("Solo no leídas").check();
    await eventually(async () => expect((await namesOf(page)).length).toBeGreaterThanOrEqual(3));
    const names = (await namesOf(page)).map((label) => label.split(",")[0] ?? "").slice(0, 3);
    for (const name of names) {
      if (name === names[0]) await openRow(page, name);
      else await page.keyboard.press("Control+ArrowDown");
      await page.getByRole("heading", { name }).waitFor();
      await eventually(async () => {
        expect(await row(page, name).getAttribute("aria-label")).not.toContain("sin leer");
        expect(await row(page, name).getAttribute("aria-current")).toBe("page");
      });
    }
    await eventually(() => expect(row(page, names[0] ?? "").count()).resolves.toBe(0));
  });

  test("who uses the keyboard loses it neither with a row that goes nor by closing", async () => {
    await customer("+529982220861", "Lidia", "Hola");
    await customer("+529982220862", "Marta", "Hola");
    const luis = await inbox.openAs(KEYS.luis);
    await openRow(luis.page, "Marta");
    const { page } = await inbox.openAs(KEYS.ana);
    await row(page, "Marta").waitFor();
    const names = (await namesOf(page)).map((label) => label.split(",")[0] ?? "");
    const after = names[names.indexOf("Marta") + 1] ?? names.at(-2);
    await row(page, "Marta").focus();
    await luis.page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await eventually(() => expect(row(page, "Marta").count()).resolves.toBe(0));
    await eventually(() => expect(focusedText(page)).resolves.toContain(`${after},`));
    await page.keyboard.press("Enter");
    const close = page.getByRole("main").getByRole("button", { name: "Cerrar" });
    await close.focus();
    await page.keyboard.press("Enter");
    await eventually(() => expect(focusedText(page)).resolves.toBe("Deshacer"));
    await page.keyboard.press("Enter");
    await eventually(() => expect(focusedText(page)).resolves.toBe("Cerrar"));
  });

  test("nothing is undone that a colleague closed", async () => {
    await customer("+529982220871", "Nidia", "Hola");
    const luis = await inbox.openAs(KEYS.luis);
    const { page } = await inbox.openAs(KEYS.ana, { hasOwnClock: true });
    for (const each of [luis.page, page]) await openRow(each, "Nidia");
    // The time to undo does not run out meanwhile.
    await page.clock.pauseAt(Date.now() + MINUTE_MS);
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Deshacer" }).waitFor();
    await luis.page.getByRole("button", { name: "Reabrir" }).click();
    await page.getByRole("main").getByRole("button", { name: "Cerrar" }).waitFor();
    await luis.page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
    await page.getByRole("button", { name: "Reabrir" }).waitFor();
    expect(await page.getByRole("button", { name: "Deshacer" }).count()).toBe(0);
  });

  test("a search ends with a tab, and says when it finds nobody, whatever is typed", async () => {
    await customer("+529982220881", "Olga", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/status of 422/] });
    const search = page.getByRole("searchbox", { name: "Buscar" });
    for (const text of ["x".repeat(300), "\u0301", "%", "_"]) {
      await search.fill(text);
      await page.getByText("Nadie coincide").waitFor();
      await search.fill("olga");
      await row(page, "Olga").waitFor();
    }
    expect(await page.getByLabel("Solo no leídas").isDisabled()).toBe(true);
    await tab(page, "Cerradas");
    await eventually(() => expect(row(page, "Olga").count()).resolves.toBe(0));
    await eventually(() => expect(search.inputValue()).resolves.toBe(""));
    expect(await page.getByLabel("Solo no leídas").isDisabled()).toBe(false);
  });

  test("a key that only reads sees whose it is, and can't change it", async () => {
    await customer("+529982220841", "Hilda", "Hola");
    const ana = await inbox.openAs(KEYS.ana);
    await openRow(ana.page, "Hilda");
    await ana.page.getByRole("main").getByLabel("Asignada a").selectOption({ label: "Yo" });
    const { page } = await inbox.openAs(KEYS.reader);
    await openRow(page, "Hilda");
    await page.getByRole("main").getByText("asignada a Ana").waitFor();
    expect(await page.getByLabel("Asignada a", { exact: true }).count()).toBe(0);
  });
});

function focusedText(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      document.activeElement?.getAttribute("aria-label") ??
      document.activeElement?.textContent ??
      "",
  );
}

/** Somebody who wrote so long ago. */
async function waitingCustomer(from: string, name: string, agoMs: number): Promise<void> {
  inbox.paloma.simulator.customers.put(from, { name });
  await inbox.paloma.simulator.customers.write({
    from,
    content: { type: "text", body: "¿Me pueden atender?" },
    at: Date.now() - agoMs,
  });
  await inbox.paloma.simulator.idle();
}

async function tab(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation").getByRole("button", { name }).click();
}

function namesOf(page: Page): Promise<string[]> {
  return page
    .getByRole("navigation", { name: "Conversaciones" })
    .getByRole("link")
    .evaluateAll((links) =>
      links
        .toSorted(
          (one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top,
        )
        .map((link) => link.getAttribute("aria-label") ?? ""),
    );
}
