/** The scripts as one starts them. */
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_TOKEN, servePaloma, type ServedPaloma } from "../support/serve-paloma.ts";

const run = promisify(execFile);

/** wrangler and workerd take seconds to start, and more beside other work. */
const PATIENCE_MS = 120_000;

/** What they ask is held against the document as well. */
const TRAFFIC = "./test/node/support/document-traffic.ts";

type Ended = { code: number; stdout: string; stderr: string };

/** Those that test how much we endure stand with the tests. */
const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  ["drill", "delivery", "soak", "large-media"].map((name) => [name, `test/endurance/${name}.ts`]),
);

async function script(name: string, parameters: string[], environment = {}): Promise<Ended> {
  const options = { env: { ...process.env, ...environment } };
  try {
    const output = await run(
      process.execPath,
      ["--import", TRAFFIC, FILES[name] ?? `scripts/${name}.ts`, ...parameters],
      options,
    );
    return { code: 0, ...output };
  } catch (error) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what execFile rejects with
    return error as Ended;
  }
}

describe("npm run deploy -- --dry-run", { timeout: PATIENCE_MS }, () => {
  it("shows each command and bundles the Worker, without an account and a network", async () => {
    const nowhere = { CLOUDFLARE_API_TOKEN: "none", CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9" };
    const { code, stdout, stderr } = await script(
      "deploy",
      ["--dry-run", "--env", "staging"],
      nowhere,
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    for (const command of [
      "npx wrangler secret list --env staging",
      "npx wrangler d1 create paloma-staging",
      "npx wrangler queues create paloma-staging-status",
      "npx wrangler d1 migrations apply paloma-staging --remote --env staging",
      "npx wrangler deploy --env staging",
    ]) {
      expect(stdout).toContain(command);
    }
    expect(stdout).toContain("The Worker bundles.");
  });

  it("says which secrets of a file are missing or empty", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "paloma-secrets-")), "secrets.env");
    writeFileSync(file, "WHATSAPP_ACCESS_TOKEN=EAAG\nWHATSAPP_APP_SECRET=\nAPI_TOKENS=a:short\n");
    const { code, stdout } = await script("deploy", ["--dry-run", "--secrets-file", file]);
    expect(stdout).toContain("  missing: WHATSAPP_VERIFY_TOKEN\n  empty: WHATSAPP_APP_SECRET\n");
    expect(stdout).toContain('  API_TOKENS: give "a" a token of at least 16 characters');
    expect(stdout).toContain("The Worker bundles.");
    expect(code).toBe(0);
    const absent = await script("deploy", ["--dry-run", "--secrets-file", `${file}.not`]);
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no file") });
  });

  it("says how it is called", async () => {
    const { code, stderr } = await script("deploy", ["--env", "moon"]);
    expect(code).toBe(1);
    expect(stderr).toContain('staging or production, not "moon"');
  });
});

describe("an option that does nothing", { timeout: PATIENCE_MS }, () => {
  it.each([
    ["start", "--prot"],
    ["simulator", "--webhook"],
    ["subscriber", "--prot"],
    ["deploy", "--dry"],
    ["doctor", "--tokens"],
    ["replay", "--keep"],
    ["templates", "--urls"],
    ["drill", "--kill"],
    ["delivery", "--kill"],
    ["soak", "--minute"],
    ["large-media", "--mb"],
    ["simulate", "--schedule"],
    ["client", "--checks"],
    ["openapi", "--write"],
    ["check", "--fast"],
  ])("of npm run %s is refused: %s", async (name, option) => {
    const { code, stderr } = await script(name, [option, "1"]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/[Uu]sage|Unknown option|takes no options/);
  });
});

describe("npm run doctor", { timeout: PATIENCE_MS }, () => {
  let paloma: ServedPaloma;

  beforeAll(async () => {
    paloma = await servePaloma();
  }, PATIENCE_MS);

  afterAll(() => paloma.stop());

  it("prints each check with its remedy, and ends well while nothing fails", async () => {
    const settings = { PALOMA_TOKEN: API_TOKEN };
    const { code, stdout, stderr } = await script("doctor", [paloma.url], settings);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^ok {4}access_token {2,}The token is valid/m);
    expect(stdout).toMatch(/^WARN {2}configuration .*localhost/m);
    expect(stdout).toMatch(/^ +→ Set GRAPH_API_BASE_URL/m);
    expect(code).toBe(0);
  });

  it("ends with 1 where something fails", async () => {
    paloma.simulator.account.change({ subscribed: false });
    const { code, stdout } = await script("doctor", [paloma.url, "--token", API_TOKEN]);
    expect(stdout).toMatch(/^FAIL {2}app_subscribed .*nothing arrives/m);
    expect(code).toBe(1);
  });

  it.each([
    ["without a URL", [], "Usage"],
    ["with something else", ["paloma", "--token", "t"], "is no URL"],
    ["without a token", ["https://paloma.example"], "PALOMA_TOKEN"],
    ["where nobody answers", ["http://127.0.0.1:9", "--token", "t"], "Nobody answers"],
  ])("%s says what to do", async (_case, parameters, words) => {
    const { code, stderr } = await script("doctor", parameters, { PALOMA_TOKEN: "" });
    expect(stderr).toContain(words);
    expect(code).toBe(1);
  });

  it("with a wrong token says so", async () => {
    const { code, stderr } = await script("doctor", [paloma.url, "--token", "wrong"]);
    expect(stderr).toContain("answered 401");
    expect(code).toBe(1);
  });
});
