/** What only templates may say: after the window has closed, and to somebody who never wrote. */
import { describe, expect, test } from "vitest";
import {
  article,
  browserProgram,
  composer,
  eventually,
  KEYS,
  obstruct,
  openRow,
  REFUSED,
  row,
  signIn,
  useInbox,
  write,
} from "./support/inbox.ts";

const inbox = useInbox();
const { customer } = inbox;

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** What Chromium writes of a refused request. */
const REFUSED_REQUEST = [/status of (?:409|422)/];

describe.skipIf(browserProgram === null)("templates in the inbox", () => {
  test("J10: the window counts down, closes, takes a template, and opens again with the draft", async () => {
    inbox.paloma.simulator.customers.put("+529982230201", { name: "Hugo" });
    await inbox.paloma.simulator.customers.write({
      from: "+529982230201",
      content: { type: "text", body: "Hola" },
      at: Date.now() - DAY_MS + 2 * MINUTE_MS,
    });
    await inbox.paloma.simulator.idle();
    const { page } = await inbox.openAs(KEYS.ana, { expects: REFUSED_REQUEST, hasOwnClock: true });
    await syncTemplates();
    await openRow(page, "Hugo");
    await page.getByText(/^Quedan [12] min$/).waitFor();
    await composer(page).fill("Mi borrador");
    await page.clock.fastForward(3 * MINUTE_MS);
    await page.getByText("Pasaron 24 horas").waitFor();
    expect(await composer(page).count()).toBe(0);
    await page.getByText("Mi borrador").waitFor();
    expect(await article(page, "Hola").getByRole("button", { name: "Detalles" }).count()).toBe(1);
    expect(await page.getByRole("button", { name: "Reaccionar" }).count()).toBe(0);

    await page
      .getByRole("button", { name: "Elegir plantilla" })
      .and(page.locator(":focus"))
      .click();
    const picker = page.getByRole("dialog", { name: "Plantillas" });
    await picker.getByRole("button", { name: "order ready" }).click();
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await picker.getByText("Falta este dato.").waitFor();
    await picker.getByLabel("order", { exact: true }).fill("1042");
    await picker.getByText("Hola Hugo, tu pedido #1042 está listo").waitFor();
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await article(page, "tu pedido #1042")
      .getByText(/Enviado|Entregado|Leído/)
      .waitFor();
    expect(await picker.count()).toBe(0);

    await page.getByRole("searchbox", { name: "Buscar" }).focus();
    await write(inbox.paloma, "+529982230201", "Ya voy");
    await page.clock.setSystemTime(Date.now());
    await composer(page).waitFor();
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe("Mi borrador"));
    // What comes takes nobody's focus.
    expect(await page.locator(":focus").getAttribute("type")).toBe("search");
  });

  test("J10: where the window closes before the message is there, nothing written is lost", async () => {
    await customer("+529982230202", "Iris", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: REFUSED_REQUEST });
    await openRow(page, "Iris");
    inbox.paloma.simulator.rules.add({
      match: { type: "text", times: 1 },
      effect: { kind: "graph_error", code: 131_047 },
    });
    await composer(page).fill("Demasiado tarde");
    await composer(page).press("Enter");
    await page.getByRole("dialog", { name: "Plantillas" }).waitFor();
    await page.keyboard.press("Escape");
    await eventually(() => expect(composer(page).inputValue()).resolves.toBe("Demasiado tarde"));
    await article(page, "Demasiado tarde").getByText("No entregado").waitFor();
  });

  test("a conversation begins with a template to a number, or is the one that there is", async () => {
    await customer("+529982230301", "Jana", "Hola");
    await syncTemplates();
    const { page } = await inbox.openAs(KEYS.ana, { expects: REFUSED_REQUEST });
    const begin = page.getByRole("button", { name: "Nueva conversación" });
    const dialog = page.getByRole("dialog", { name: "Nueva conversación" });
    const phone = dialog.getByLabel("Teléfono");

    await begin.click();
    expect(await phone.inputValue()).toBe("+52 ");
    await phone.fill("+52 12");
    await dialog.getByRole("button", { name: "Continuar" }).click();
    await dialog.getByText("Este número no es válido.").waitFor();
    await phone.fill("+52 998 223 0301");
    await dialog.getByRole("button", { name: "Continuar" }).click();
    await page.getByRole("heading", { name: "Jana" }).waitFor();
    expect(await dialog.count()).toBe(0);

    await begin.click();
    await phone.press("End");
    await phone.pressSequentially("998 223 0302");
    await phone.press("Enter");
    const picker = page.getByRole("dialog", { name: "Plantillas" });
    await picker.getByRole("button", { name: "vaccination reminder" }).click();
    await picker.getByText("Publicidad").waitFor();
    await picker.getByLabel("name", { exact: true }).fill("Koldo");
    await picker.getByLabel("pet", { exact: true }).fill("La      luna");
    await picker.getByText("Escríbelo en una línea").waitFor();
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await picker.getByLabel("pet", { exact: true }).fill("Luna");
    await picker.getByText("Hola Koldo, Luna tiene vacunas pendientes").waitFor();
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();

    await article(page, "Hola Koldo, Luna tiene vacunas")
      .getByText(/Enviado|Entregado|Leído/)
      .waitFor();
    await page.getByText("Esta persona todavía no te ha escrito.").waitFor();
    expect(await picker.count()).toBe(0);
    await eventually(() => expect(row(page, "\\+529982230302").count()).resolves.toBe(1));
    const sent = inbox.paloma.simulator.sent.filter(({ input }) => input.endsWith("9982230302"));
    expect(sent).toHaveLength(1);
  });

  test("a first message whose answer was lost is sent once", async () => {
    await syncTemplates();
    const { page } = await inbox.openAs(KEYS.ana, { expects: [/net::ERR_/] });
    await page.getByRole("button", { name: "Nueva conversación" }).click();
    const dialog = page.getByRole("dialog", { name: "Nueva conversación" });
    await dialog.getByLabel("Teléfono").fill("+52 998 223 0303");
    await dialog.getByRole("button", { name: "Continuar" }).click();
    const letPass = await obstruct(page, "**/inbox/api/messages", async (route) => {
      letPass();
      await route.fetch();
      await route.abort();
    });
    const picker = page.getByRole("dialog", { name: "Plantillas" });
    await picker.getByRole("button", { name: "order ready" }).click();
    await picker.getByLabel("name", { exact: true }).fill("Leo");
    await picker.getByLabel("order", { exact: true }).fill("7");
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await picker.getByText("No hay conexión con el servidor.").waitFor();
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await article(page, "Hola Leo, tu pedido #7").waitFor();
    const sent = inbox.paloma.simulator.sent.filter(({ input }) => input.endsWith("9982230303"));
    expect(sent).toHaveLength(1);
  });

  test("what somebody sent last stands first, for them alone, until they sign out", async () => {
    await syncTemplates();
    // What is under way when somebody signs out is refused.
    const { page } = await inbox.openAs(KEYS.ana, { expects: [REFUSED] });
    const picker = page.getByRole("dialog", { name: "Plantillas" });
    const pick = async (phone: string) => {
      await page.getByRole("button", { name: "Nueva conversación" }).click();
      await page.getByLabel("Teléfono").fill(phone);
      await page.getByRole("button", { name: "Continuar" }).click();
      const choices = picker.getByRole("listitem");
      await choices.first().waitFor();
      return choices.allTextContents();
    };
    const byName = await pick("+52 998 223 0311");
    await picker.getByRole("button", { name: "vaccination reminder" }).click();
    await picker.getByLabel("name", { exact: true }).fill("Mora");
    await picker.getByLabel("pet", { exact: true }).fill("Luna");
    await picker.getByRole("button", { name: "Enviar plantilla" }).click();
    await article(page, "Hola Mora, Luna").waitFor();
    await page.reload();
    const recent = byName.filter((name) => name.startsWith("vaccination reminder"));
    const others = byName.filter((name) => !recent.includes(name));
    expect(byName).not.toEqual([...recent, ...others]);
    expect(await pick("+52 998 223 0312")).toEqual([...recent, ...others]);

    await page.keyboard.press("Escape");
    for (const key of [KEYS.luis, KEYS.ana]) {
      await page.getByRole("button", { name: "Salir" }).click();
      await signIn(page, key);
      expect(await pick("+52 998 223 0312")).toEqual(byName);
      await page.keyboard.press("Escape");
    }
  });

  test("who only reads begins no conversation", async () => {
    const { page } = await inbox.openAs(KEYS.reader);
    await page.getByRole("searchbox", { name: "Buscar" }).waitFor();
    expect(await page.getByRole("button", { name: "Nueva conversación" }).count()).toBe(0);
  });
});

/** As an operator does once. */
async function syncTemplates(): Promise<void> {
  const answer = await fetch(`${inbox.paloma.url}/v1/templates/sync`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEYS.admin}` },
  });
  expect(answer.status).toBe(200);
}
