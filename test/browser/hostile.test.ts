/** J11: what customers and Meta send is text, whatever it looks like. */
import { describe, expect, test } from "vitest";
import {
  article,
  browserProgram,
  composer,
  eventually,
  KEYS,
  log,
  openRow,
  row,
  useInbox,
  write,
  writeAll,
} from "./support/inbox.ts";

const inbox = useInbox();

const SCRIPT = "globalThis.pwned=1";

/** Each in every place that a customer can fill. */
const PAYLOADS = [
  `<script>${SCRIPT}</script>`,
  `<img src=x onerror="${SCRIPT}">`,
  `<svg onload="${SCRIPT}"></svg>`,
  `"><iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
  `<a href="javascript:${SCRIPT}">aquí</a>`,
  `javascript:${SCRIPT}`,
  `[enlace](javascript:${SCRIPT})`,
  `https://a.mx/"onmouseover="${SCRIPT}`,
  `<style>@import 'https://evil.example/x.css';</style>`,
  `<body onload=${SCRIPT}>`,
  `{{constructor.constructor('${SCRIPT}')()}}`,
  `\${${SCRIPT}}`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=${SCRIPT}>`,
  `<template><img src=x onerror=${SCRIPT}></template>`,
  `data:text/html,<script>${SCRIPT}</script>`,
] as const;

/** They turn the order of reading, or are not seen at all. */
const LYING = "factura\u202Efdp.exe y \u2066más\u2069";

describe.skipIf(browserProgram === null)("hostile content", () => {
  test("J11: is shown literally in every place, and runs nowhere", async () => {
    const { paloma } = inbox;
    const { page } = await inbox.openAs(KEYS.ana);
    for (const [place, payload] of PAYLOADS.entries()) {
      const from = `+52998225${String(place).padStart(4, "0")}`;
      paloma.simulator.customers.put(from, { name: payload });
      const [, wamid = ""] = await writeAll(
        paloma,
        [
          payload,
          { type: "image" as const, caption: `pie ${payload}` },
          { type: "document" as const, filename: `${payload}.pdf`, caption: payload },
          { type: "location" as const, latitude: 1, longitude: 2, name: payload, address: payload },
          {
            type: "contacts" as const,
            contacts: [{ name: { formatted_name: payload }, phones: [{ phone: payload }] }],
          },
          { type: "list_reply" as const, id: "1", title: payload, description: payload },
          { type: "button" as const, payload, text: payload },
          { type: "nfm_reply" as const, response: { [payload]: payload } },
          { type: "unsupported" as const, unsupportedType: payload },
        ].map((content) => ({ from, content })),
      );
      await write(paloma, from, { type: "reaction", messageId: wamid, emoji: payload });
      await row(page, escaped(payload)).click();
      await page.locator('[role="log"][aria-busy="false"]').waitFor();
      await eventually(async () => {
        const shown = await log(page).textContent();
        expect(shown).toContain(payload);
        expect(shown).toContain(`pie ${payload}`);
      });
      expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
      const hrefs = await page.evaluate(() => [...document.links].map(({ protocol }) => protocol));
      expect(hrefs.filter((protocol) => !/^(?:https?|tel|mailto):$/.test(protocol))).toEqual([]);
      expect(await page.locator("iframe, object, embed, base, form form").count()).toBe(0);
    }
    await page.getByRole("searchbox", { name: "Buscar" }).fill(PAYLOADS[1]);
    await row(page, escaped(PAYLOADS[1])).waitFor();
    expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
  });

  test("J11: a text that turns the reading direction can't hide what it is", async () => {
    inbox.paloma.simulator.customers.put("+529982259001", { name: `Mallory ${LYING}` });
    await write(inbox.paloma, "+529982259001", LYING);
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "Mallory");
    await article(page, "factura").waitFor();
    expect(await page.locator("body").textContent()).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/u);
  });

  test("J11: a long text is folded, and links lead only where they say", async () => {
    const lines = Array.from({ length: 100 }, (_each, place) => `línea ${place}`);
    await write(inbox.paloma, "+529982259002", [...lines, "https://clinica.example/a"].join("\n"));
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "\\+529982259002");
    const folded = await article(page, "línea 0").boundingBox();
    await page.getByRole("button", { name: "Leer más" }).click();
    const whole = await article(page, "línea 0").boundingBox();
    expect(whole?.height ?? 0).toBeGreaterThan(4 * (folded?.height ?? 0));
    const link = article(page, "línea 0").getByRole("link");
    expect(await link.getAttribute("href")).toBe("https://clinica.example/a");
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    expect(await link.getAttribute("target")).toBe("_blank");
  });

  test("J11: a text of nothing but links neither empties nor holds up the page", async () => {
    const from = "+529982259004";
    const { page } = await inbox.openAs(KEYS.ana);
    await write(inbox.paloma, from, "a@b.mx ".repeat(9_000));
    await write(inbox.paloma, from, `https://a.mx/${"!".repeat(60_000)}a`);
    await write(inbox.paloma, from, "¿Ya?");
    await openRow(page, "\\+529982259004");
    await article(page, "¿Ya?").waitFor();
    const label = await row(page, "\\+529982259004").getAttribute("aria-label");
    expect(label?.length).toBeLessThan(400);
  });

  test("J11: somebody with a name that can't be seen is found by their number", async () => {
    inbox.paloma.simulator.customers.put("+529982259005", { name: "\u3164\u200B " });
    await write(inbox.paloma, "+529982259005", "Hola");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "\\+529982259005");
    await article(page, "Hola").waitFor();
    expect(await article(page, "Hola").getAttribute("aria-label")).toContain("+529982259005: Hola");
  });

  test("J11: what staff write is text as well", async () => {
    await write(inbox.paloma, "+529982259003", "Hola");
    const { page } = await inbox.openAs(KEYS.ana);
    await openRow(page, "\\+529982259003");
    await composer(page).fill(PAYLOADS[1]);
    await composer(page).press("Enter");
    await article(page, PAYLOADS[1])
      .getByText(/Enviado|Entregado|Leído/)
      .waitFor();
    expect(await page.evaluate(() => "pwned" in globalThis)).toBe(false);
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
