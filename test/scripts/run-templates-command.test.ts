import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { JsonClient } from "../../scripts/client/json-client.ts";
import {
  runTemplatesCommand,
  type TemplatesCommand,
} from "../../scripts/templates/run-templates-command.ts";
import { startPaloma, type ApiOptions } from "../support/paloma.ts";

const FOREIGN = Array.from({ length: 230 }, (_, place) => ({
  name: `foreign_${place}`,
  language: "es_MX",
  category: "UTILITY" as const,
  status: "APPROVED" as const,
  components: [{ type: "BODY" as const, text: "Gracias por tu visita." }],
}));

// The account's templates are all tests' own.
beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare("DELETE FROM templates"),
    env.DB.prepare("DELETE FROM template_syncs"),
  ]);
});

/** Runs commands against one Worker and account. */
function terminal(options: ApiOptions = {}) {
  const paloma = startPaloma({ templates: FOREIGN });
  const client: JsonClient = {
    call: (method, path) => paloma.api(method, path, undefined, options),
    bytes: () => Promise.reject(new Error("no command reads bytes")),
  };
  const run = (command: TemplatesCommand) => runTemplatesCommand(command, client);
  return { run, paloma };
}

describe("npm run templates", () => {
  it("pushes, syncs and lists, and prints every difference", async () => {
    const { run, paloma } = terminal();
    expect(await run("push")).toEqual({
      isWhole: true,
      lines: [
        "created appointment_reminder (es_MX) PENDING UTILITY",
        "created vaccination_reminder (es_MX) PENDING MARKETING (submitted as UTILITY)",
        "created order_ready (es_MX) PENDING UTILITY",
        "Code and account differ:",
        "  appointment_reminder (es_MX): status: APPROVED in the code, PENDING at the account",
        "  vaccination_reminder (es_MX): status: APPROVED in the code, PENDING at the account",
        "  vaccination_reminder (es_MX): category: UTILITY in the code, MARKETING at the account",
        "  order_ready (es_MX): status: APPROVED in the code, PENDING at the account",
      ],
    });
    paloma.simulator.templates.review("order_ready", "es_MX", "APPROVED");
    await paloma.simulator.flush();
    const synced = await run("sync");
    expect(synced.lines[0]).toBe("The account has 233 templates.");
    expect(synced.lines).toHaveLength(5);
    const { lines } = await run("list");
    expect(lines).toContain("foreign_59 (es_MX) APPROVED UTILITY UNKNOWN");
    expect(lines.filter((line) => line.startsWith("foreign_"))).toHaveLength(230);
  });

  it("names what is gone and what Meta refused, and fails", async () => {
    const { run, paloma } = terminal();
    await run("push");
    paloma.simulator.templates.remove("order_ready", "es_MX");
    // What was told within this second counts as newer than a sync of it.
    await env.DB.exec("UPDATE templates SET updated_at = updated_at - 5000");
    const synced = await run("sync");
    expect(synced.lines[1]).toBe("gone: order_ready (es_MX)");
    const pushed = await run("push");
    expect(pushed.isWhole).toBe(false);
    expect(pushed.lines[2]).toMatch(/^refused order_ready \(es_MX\) New es_MX content .* 4 weeks/);
  });

  it("says where code and account are the same", async () => {
    const { run, paloma } = terminal();
    await run("push");
    for (const { name, language } of paloma.simulator.templates.all()) {
      paloma.simulator.templates.review(name, language, "APPROVED");
    }
    await env.DB.exec("UPDATE templates SET status = 'APPROVED', category = 'UTILITY'");
    expect((await run("list")).lines.at(-1)).toBe("Code and account are the same.");
  });

  it("ends with the Worker's words where it is refused", async () => {
    await expect(terminal({ token: null }).run("sync")).rejects.toThrow("401: Send a known token");
  });
});
