/** Several people, or several tabs, at one computer: each sees, writes and leaves behind what is their own. */
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

const UNREACHED = [/net::ERR_/, /WebSocket/, REFUSED];

describe.skipIf(browserProgram === null)("a shared computer", () => {
  test("J16: a tab follows the browser to the person who has signed in since", async () => {
    await customer("+529982280101", "Karen", "Hola");
    const { page: first, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(first, "Karen");
    await composer(first).fill("De Ana");
    const second = await context.newPage();
    await second.goto("/inbox/");
    await second.getByRole("button", { name: "Salir" }).click();
    await signIn(second, KEYS.luis);
    await eventually(() =>
      expect(first.getByRole("button", { name: "Salir" }).getAttribute("title")).resolves.toBe(
        "luis",
      ),
    );
    expect(await composer(first).inputValue()).toBe("");
    await composer(first).fill("De Luis");
    await composer(first).press("Enter");
    await article(first, "De Luis").getByText("Luis", { exact: true }).waitFor();
  });

  test("J16: signing out in one tab ends the others, with all that they show", async () => {
    await customer("+529982280201", "Leo", "Hola");
    const { page: first, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(first, "Leo");
    await composer(first).fill("Secreto a medias");
    const second = await context.newPage();
    await second.goto("/inbox/");
    await second.getByRole("button", { name: "Salir" }).click();
    await first.getByLabel("Clave de acceso").waitFor();
    // The server has heard of it: until then it could take away the next session's cookie.
    await second.getByLabel("Clave de acceso").waitFor();
    await signIn(first, KEYS.ana);
    await openRow(first, "Leo");
    expect(await composer(first).inputValue()).toBe("");
  });

  test("the next person begins with the whole list, not with what another searched", async () => {
    await customer("+529982280301", "Mónica", "Hola");
    await customer("+529982280302", "Nora", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await page.getByRole("button", { name: "Sin responder" }).click();
    await page.getByRole("searchbox", { name: "Buscar" }).fill("mónica");
    await eventually(() => expect(row(page, "Nora").count()).resolves.toBe(0));
    await context.clearCookies();
    await write(inbox.paloma, "+529982280302", "¿Hay alguien?");
    await page.getByText("Tu sesión terminó.").waitFor();
    await signIn(page, KEYS.luis);
    await row(page, "Nora").waitFor();
    await row(page, "Mónica").waitFor();
    expect(await page.getByRole("searchbox", { name: "Buscar" }).inputValue()).toBe("");
    const open = page.getByRole("button", { name: "Abiertas" });
    expect(await open.getAttribute("aria-pressed")).toBe("true");
  });

  test("J1: a sign-out that the server does not hear is made up for before anybody else comes", async () => {
    await customer("+529982280401", "Olga", "Hola");
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await row(page, "Olga").waitFor();
    const letPass = await obstruct(page, "**/inbox/session");
    await page.getByRole("button", { name: "Salir" }).click();
    await page.getByText("Todavía no has salido").waitFor();
    expect(await row(page, "Olga").count()).toBe(0);
    await page.reload();
    await page.getByText("Todavía no has salido").waitFor();
    letPass();
    await page.getByLabel("Clave de acceso").waitFor();
    expect(await context.cookies()).toEqual([]);
  });

  test("J1: a sign-out that is made up for ends nobody else's session", async () => {
    const { page: first, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const second = await context.newPage();
    await second.goto("/inbox/");
    await second.getByRole("button", { name: "Salir" }).waitFor();
    const letPass = await obstruct(first, "**/inbox/session");
    await first.getByRole("button", { name: "Salir" }).click();
    await first.getByText("Todavía no has salido").waitFor();
    await signIn(second, KEYS.luis);
    await first.getByRole("button", { name: "Salir" }).waitFor();
    letPass();
    await first.reload();
    await second.reload();
    for (const page of [first, second]) {
      const leave = page.getByRole("button", { name: "Salir" });
      expect(await leave.getAttribute("title")).toBe("luis");
    }
  });

  test("J1: what is still asked at a sign-out is given up, since its answer could renew the cookie", async () => {
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const asked = page.waitForRequest("**/inbox/api/counts");
    await page.route("**/inbox/api/counts", () => undefined);
    await customer("+529982280601", "Quique", "Hola");
    const late = await asked;
    const events: string[] = [];
    page.on("requestfailed", (request) => {
      if (request === late) events.push("given up");
    });
    page.on("request", (request) => {
      if (request.method() === "DELETE") events.push("signed out");
    });
    await page.getByRole("button", { name: "Salir" }).click();
    await page.getByLabel("Clave de acceso").waitFor();
    expect(events.toSorted()).toEqual(["given up", "signed out"]);
    expect(await context.cookies()).toEqual([]);
  });

  test("J17: whoever may not even read any more can leave and come as somebody else", async () => {
    const { page, context } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    const letPass = await obstruct(page, "**/inbox/api/me", (route) =>
      route.fulfill({ status: 403, json: { code: "forbidden", detail: "" } }),
    );
    await page.reload();
    await page.getByText("Tu cuenta no tiene acceso").waitFor();
    letPass();
    await page.getByRole("button", { name: "Salir" }).click();
    await signIn(page, KEYS.luis);
    expect((await context.cookies()).length).toBe(1);
  });

  test("J17: what a key may do counts at once: without send the box goes, without read the page", async () => {
    await customer("+529982280501", "Paula", "Hola");
    const { page } = await inbox.openAs(KEYS.ana, { expects: UNREACHED });
    await openRow(page, "Paula");
    const forbidden = { status: 403, json: { code: "forbidden", detail: "" } };
    await page.route("**/inbox/api/messages", (route) => route.fulfill(forbidden));
    await page.route("**/inbox/api/me", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), scopes: ["read"] } });
    });
    await composer(page).fill("¿Puedo?");
    await composer(page).press("Enter");
    await page.getByText("Tu clave solo permite leer.").waitFor();
    await article(page, "¿Puedo?").getByText("No se envió").waitFor();
    await page.route("**/inbox/api/**", (route) => route.fulfill(forbidden));
    await write(inbox.paloma, "+529982280501", "¿Hay alguien?");
    await page.getByText("Tu cuenta no tiene acceso").waitFor();
    expect(await page.getByText("Paula").count()).toBe(0);
  });

  test("the language stays when its person leaves", async () => {
    const { page } = await inbox.openAs(KEYS.ana);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Access key").waitFor();
    await page.reload();
    await page.getByLabel("Access key").waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });
});
