/** `npm run screenshot`: a picture of the inbox for the README, of a made-up morning at a made-up clinic. */
import { servePaloma } from "../node/support/serve-paloma.ts";
import { launchBrowser } from "./support/browser.ts";
import { findBrowser } from "./support/find-browser.ts";

const PICTURE = "docs/start/inbox.png";

const KEY = "eva-access-key-for-a-picture";

const MINUTE_MS = 60_000;

/** What the simulated customers write, and how many minutes ago. */
const MORNING = [
  ["+529982220004", "Familia Canul", 190, "¿Tienen croquetas para gato senior?"],
  ["+529982220003", "Jorge Medina", 95, "Gracias, ya llegó mi pedido."],
  ["+529982220002", "Sofía Ek", 41, "¿A qué hora cierran hoy?"],
  ["+529982220001", "Ana López", 12, "Buenos días. Luna no quiso cenar ayer 😟"],
  ["+529982220001", "Ana López", 11, "¿Tienen *lugar hoy* para revisarla?"],
] as const;

const ANSWERS = [
  "¡Buenos días, Ana! Sí: hoy a las *11:30* con la Dra. Pech.",
  "Trae por favor su cartilla. Estamos en https://petfriendlyvet.com/ubicacion",
] as const;

const program = await findBrowser();
if (program === null) throw new Error("No browser: set CHROMIUM_PATH.");

const paloma = await servePaloma({
  settings: { API_TOKENS: `eva:${KEY}:read+send`, INBOX_TIME_ZONE: "America/Cancun" },
});
const browser = await launchBrowser(program);
try {
  const { customers } = paloma.simulator;
  for (const [from, name, minutes, body] of MORNING) {
    const at = Date.now() - minutes * MINUTE_MS;
    await customers.write({ from, name, at, content: { type: "text", body } });
  }
  await paloma.simulator.idle();
  const page = await browser.newPage({
    baseURL: paloma.url,
    locale: "es-MX",
    colorScheme: "light",
    viewport: { width: 1120, height: 640 },
  });
  await page.goto(`/inbox/#clave=${KEY}`);
  await page.getByRole("link", { name: /^Ana López/ }).click();
  await page.getByRole("main").getByLabel("Asignada a").selectOption({ label: "Yo" });
  const box = page.getByRole("textbox", { name: "Escribe un mensaje" });
  for (const answer of ANSWERS) {
    await box.fill(answer);
    await box.press("Enter");
  }
  await page.getByRole("article").last().getByText("Leído").waitFor();
  await customers.write({
    from: MORNING[2][0],
    content: { type: "text", body: "¿Y mañana domingo?" },
  });
  await page.getByText("¿Y mañana domingo?").waitFor();
  await page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  await paloma.stop();
}
