/** J19: the page for those who don't see it, or see it in other colours. */
import type { AxeResults } from "axe-core";
import { readFileSync } from "node:fs";
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
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox();

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/** WCAG 2.2 at level AA. */
const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];

const PHONE = { width: 390, height: 700 };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(browserProgram === null)("accessibility", () => {
  test.each(["light", "dark"] as const)(
    "J19: no state of the page has a violation (%s)",
    async (colorScheme) => {
      await conversations();
      // axe is injected, which the page's policy forbids.
      const { page } = await inbox.open({
        colorScheme,
        bypassCSP: true,
        expects: [/status of 422/],
      });
      expect(await violationsOf(page)).toEqual([]);
      await page.getByLabel("Clave de acceso").fill(KEYS.admin);
      await page.getByRole("button", { name: "Entrar" }).click();
      await row(page, "Mara").waitFor();
      expect(await violationsOf(page), "list").toEqual([]);

      await page.getByRole("button", { name: "Nueva conversación" }).click();
      await page.getByRole("dialog", { name: "Nueva conversación" }).waitFor();
      expect(await violationsOf(page), "new conversation").toEqual([]);
      await page.keyboard.press("Escape");

      await openRow(page, "Mara");
      inbox.paloma.simulator.rules.add({
        match: { type: "text", times: 1 },
        effect: { kind: "graph_error", code: 131_009 },
      });
      await composer(page).fill("Hola");
      await composer(page).press("Enter");
      await article(page, "No se entregó.").first().waitFor();
      await page.getByRole("button", { name: "Responder" }).first().click();
      expect(await violationsOf(page), "thread").toEqual([]);
      await article(page, "No se entregó.")
        .first()
        .getByRole("button", { name: "Detalles" })
        .click();
      await page.getByRole("dialog", { name: "Detalles" }).waitFor();
      expect(await violationsOf(page), "details").toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Reaccionar" }).first().click();
      await page.getByRole("button", { name: "👍" }).waitFor();
      expect(await violationsOf(page), "emoji").toEqual([]);
      await page.keyboard.press("Escape");
      await page.setViewportSize(PHONE);
      expect(await violationsOf(page), "thread on a phone").toEqual([]);
      await page.goBack();
      expect(await violationsOf(page), "list on a phone").toEqual([]);

      await openRow(page, "Nico");
      expect(await violationsOf(page), "closed window").toEqual([]);
      await page.getByRole("button", { name: "Elegir plantilla" }).click();
      const picker = page.getByRole("dialog", { name: "Plantillas" });
      await picker.getByRole("button", { name: "order ready" }).click();
      await picker.getByRole("button", { name: "Enviar plantilla" }).click();
      await picker.getByText("Falta este dato.").waitFor();
      expect(await violationsOf(page), "template picker").toEqual([]);
      await page.goto("/inbox/status");
      await page.getByRole("heading", { name: "Estado" }).waitFor();
      expect(await violationsOf(page), "status").toEqual([]);
    },
  );

  test.each([
    ["light", "+529982260011", "Olga"],
    ["dark", "+529982260012", "Pilar"],
  ] as const)(
    "J19: no view of the list has a violation, nor whose it is, nor what was closed (%s)",
    async (colorScheme, from, name) => {
      const content = { type: "text", body: "¿Hay lugar?" } as const;
      const at = Date.now() - 2 * HOUR_MS;
      await inbox.paloma.simulator.customers.write({ from, name, content, at });
      await inbox.paloma.simulator.idle();
      const { page } = await inbox.openAs(KEYS.luis, { colorScheme, bypassCSP: true });
      await page.getByRole("button", { name: "Mías" }).click();
      await page.getByText("No tienes conversaciones asignadas.").waitFor();
      expect(await violationsOf(page), "empty view").toEqual([]);
      await page.getByLabel("Solo no leídas").check();
      await page.getByRole("button", { name: "Quitar el filtro" }).waitFor();
      expect(await violationsOf(page), "empty by a filter").toEqual([]);
      await page.getByRole("button", { name: "Quitar el filtro" }).click();
      await page.getByRole("button", { name: "Sin responder" }).click();
      await openRow(page, name);
      const assignee = page.getByRole("main").getByLabel("Asignada a");
      await assignee.selectOption({ label: "Yo" });
      await row(page, name).getByText("Yo", { exact: true }).waitFor();
      await row(page, name).getByText("2 h").waitFor();
      expect(await violationsOf(page), "assigned, and waiting").toEqual([]);
      await assignee.selectOption({ label: "Sin asignar" });
      await page.getByRole("main").getByRole("button", { name: "Cerrar" }).click();
      await page.getByRole("button", { name: "Deshacer" }).waitFor();
      expect(await violationsOf(page), "closed just now").toEqual([]);
    },
  );

  test("J19: new messages of the open conversation are said, and nobody's focus moves", async () => {
    await conversations();
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Mara");
    await composer(page).fill("a medias");
    await write(inbox.paloma, "+529982260001", "Otra cosa");
    const region = page.locator('[aria-live="polite"]');
    await region.getByText("Mara: Otra cosa").waitFor({ state: "attached" });
    await region.evaluate((element) => {
      const heard: string[] = [];
      Reflect.set(globalThis, "heard", heard);
      new MutationObserver(() => heard.push(element.textContent.trim())).observe(element, {
        characterData: true,
        childList: true,
        subtree: true,
      });
    });
    for (const place of [0, 1]) {
      await write(inbox.paloma, "+529982260001", "¿Hay alguien?");
      await article(page, "¿Hay alguien?").nth(place).waitFor();
    }
    await writeAll(
      inbox.paloma,
      ["Una", "Otra"].map((content) => ({ from: "+529982260001", content })),
    );
    await eventually(async () => {
      const heard = await page.evaluate(() => Reflect.get(globalThis, "heard").join("\n"));
      expect(heard.match(/Mara: ¿Hay alguien\?/g)).toHaveLength(2);
      expect(heard).toContain("Mara: Una");
      expect(heard).toContain("Mara: Otra");
    });
    expect(await composer(page).evaluate((box) => box === document.activeElement)).toBe(true);
    await write(inbox.paloma, "+529982260003", "Desde otra parte");
    await region.getByText("Mensajes nuevos en 1 otra conversación").waitFor({ state: "attached" });
    inbox.paloma.simulator.rules.add({
      match: { type: "text", times: 1 },
      effect: { kind: "fail_later", code: 131_026 },
    });
    await composer(page).press("Enter");
    await page
      .locator('[aria-live="assertive"]')
      .getByText("No entregado: a medias")
      .waitFor({ state: "attached" });
    expect(await composer(page).evaluate((box) => box === document.activeElement)).toBe(true);
    const label = await article(page, "Otra cosa").getAttribute("aria-label");
    expect(label).toMatch(/^Mara: Otra cosa, \d\d:\d\d$/);
  });
});

async function conversations(): Promise<void> {
  const { customers } = inbox.paloma.simulator;
  customers.put("+529982260001", { name: "Mara" });
  await customers.write({
    from: "+529982260002",
    name: "Nico",
    content: { type: "text", body: "Hace mucho" },
    at: Date.now() - 2 * DAY_MS,
  });
  await writeAll(
    inbox.paloma,
    [
      "Hola, *buenas* https://a.mx",
      { type: "location" as const, latitude: 1, longitude: 2, name: "Casa" },
      { type: "voice" as const },
      { type: "image" as const, caption: "Luna" },
      { type: "document" as const, filename: "cartilla.pdf" },
    ].map((content) => ({ from: "+529982260001", content })),
  );
  const answer = await fetch(`${inbox.paloma.url}/v1/templates/sync`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEYS.admin}` },
  });
  expect(answer.status).toBe(200);
}

/** What axe finds, each with the element and what is wrong with it. */
async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults, string[]>(
    (rules) => Reflect.get(globalThis, "axe").run(document, { runOnly: rules }),
    RULES,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}
