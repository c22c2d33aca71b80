import { describe, expect, it } from "vitest";
import { deploy } from "../../../scripts/deploy/deploy.ts";
import { readDeployOptions } from "../../../scripts/deploy/deploy-options.ts";
import { planOf } from "../../../scripts/deploy/plan.ts";
import { readTarget, type Target } from "../../../scripts/deploy/read-target.ts";
import { adminTokenOf, namesIn, secretProblems } from "../../../scripts/deploy/secrets.ts";
import { shownPlan } from "../../../scripts/deploy/shown-plan.ts";
import type { Wrangler } from "../../../scripts/deploy/wrangler.ts";

const TARGET: Target = {
  environment: "staging",
  databases: ["clinic"],
  queues: ["clinic-status", "clinic-dead-letters"],
  buckets: ["clinic-media"],
  requiredSecrets: [
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
    "API_TOKENS",
  ],
  vars: { WHATSAPP_PHONE_NUMBER_ID: "106540352242922" },
};

const LONG = "a-token-that-is-long";

const SECRETS = JSON.stringify(
  TARGET.requiredSecrets.map((name) => ({ name, type: "secret_text" })),
);

const DEPLOYED =
  "Deployed clinic triggers\n  https://clinic.someone.workers.dev\n  schedule: * * * * *";

/** How wrangler 4.156.2 says that there is none. */
const ABSENT: Record<string, string> = {
  "d1 info": "Couldn't find a D1 DB with name or binding 'clinic' in your config or the API.",
  "queues info": 'Queue "clinic-status" does not exist. To create it, run: wrangler queues create',
  "r2 bucket info":
    "A request to the Cloudflare API failed.\n The specified bucket does not exist. [code: 10006]",
};

/** A Cloudflare where nothing is there yet, or everything. */
function fakeWrangler(
  answers: (line: string) => { ok: boolean; output: string } | null = () => null,
) {
  const commands: string[] = [];
  const there = new Set<string>();
  const wrangler: Wrangler = async (parameters) => {
    const line = parameters.join(" ");
    commands.push(line);
    const given = answers(line);
    if (given !== null) return { parameters, ...given };
    const [, verb = "", name = ""] = / ?(info|create) (\S+)/.exec(line) ?? [];
    if (verb === "create") there.add(name);
    if (verb === "info" && !there.has(name)) {
      const kind = Object.keys(ABSENT).find((start) => line.startsWith(start)) ?? "";
      return { parameters, ok: false, output: ABSENT[kind] ?? "" };
    }
    if (line.startsWith("secret list")) return { parameters, ok: true, output: SECRETS };
    return { parameters, ok: true, output: line.startsWith("deploy") ? DEPLOYED : "" };
  };
  return { wrangler, commands };
}

const silent = (): void => undefined;

describe("a deploy", () => {
  it("makes what is missing, migrates, deploys, and repeated makes nothing", async () => {
    const { wrangler, commands } = fakeWrangler();
    const plan = planOf(TARGET, null);
    expect(await deploy(plan, {}, wrangler, silent)).toBe("https://clinic.someone.workers.dev");
    expect(commands).toEqual([
      "secret list --env staging",
      "d1 info clinic --json --env staging",
      "d1 create clinic",
      "queues info clinic-status",
      "queues create clinic-status",
      "queues info clinic-dead-letters",
      "queues create clinic-dead-letters",
      "r2 bucket info clinic-media --json",
      "r2 bucket create clinic-media",
      "d1 migrations apply clinic --remote --env staging",
      "deploy --env staging",
    ]);
    commands.length = 0;
    await deploy(plan, {}, wrangler, silent);
    expect(commands.filter((line) => line.includes("create"))).toEqual([]);
    expect(commands.at(-1)).toBe("deploy --env staging");
  });

  it("refuses before anything is made where secrets are missing, and names them", async () => {
    const { wrangler, commands } = fakeWrangler((line) =>
      line.startsWith("secret list")
        ? { ok: true, output: JSON.stringify([{ name: "WHATSAPP_APP_SECRET" }]) }
        : null,
    );
    const given = { WHATSAPP_ACCESS_TOKEN: "EAAG" };
    const refused = deploy(planOf(TARGET, "secrets.env"), given, wrangler, silent);
    await expect(refused).rejects.toThrow("missing in staging: WHATSAPP_VERIFY_TOKEN, API_TOKENS.");
    await expect(refused).rejects.toThrow(
      "npx wrangler secret put WHATSAPP_VERIFY_TOKEN --env staging",
    );
    expect(commands).toEqual(["secret list --env staging"]);
  });

  it("refuses secrets that would take the place of good ones, before it asks anything", async () => {
    const { wrangler, commands } = fakeWrangler();
    const plan = planOf(TARGET, "secrets.env");
    for (const [given, words] of [
      [{ API_TOKENS: " " }, "empty: API_TOKENS"],
      [{ API_TOKENS: "clinic:short" }, 'give "clinic" a token of at least 16'],
      [{ EVENT_SUBSCRIBERS: "[{}]" }, "EVENT_SUBSCRIBERS: entry 1"],
      [{ WHATSAPP_SECRET: "x" }, "no secret of Paloma's: WHATSAPP_SECRET"],
    ] as const) {
      await expect(deploy(plan, given, wrangler, silent)).rejects.toThrow(words);
    }
    expect(commands).toEqual([]);
  });

  it("takes the first one's secrets from a file, for there is no Worker to ask", async () => {
    const { wrangler, commands } = fakeWrangler((line) =>
      line.startsWith("secret list")
        ? { ok: false, output: 'Worker "clinic" (env: staging) not found.' }
        : null,
    );
    const given = Object.fromEntries(TARGET.requiredSecrets.map((name) => [name, `a:${LONG}`]));
    await deploy(planOf(TARGET, "secrets.env"), given, wrangler, silent);
    expect(commands.at(-1)).toBe("deploy --env staging --secrets-file secrets.env");
    await expect(deploy(planOf(TARGET, null), {}, wrangler, silent)).rejects.toThrow(
      TARGET.requiredSecrets.join(", "),
    );
  });

  it("refuses settings that the Worker would refuse, before it asks anything", async () => {
    const { wrangler, commands } = fakeWrangler();
    const vars = { WHATSAPP_PHONE_NUMBER_ID: "", MARK_AS_READ: "never" };
    const refused = deploy(planOf({ ...TARGET, vars }, null), {}, wrangler, silent);
    await expect(refused).rejects.toThrow(/env\.staging\.vars[^]*PHONE_NUMBER_ID[^]*MARK_AS_READ/);
    expect(commands).toEqual([]);
  });

  it.each([
    "secret list",
    "d1 info",
    "queues info",
    "r2 bucket info",
    "d1 create",
    "d1 migrations",
    "deploy",
  ])("ends where %s fails for another reason, with wrangler's words", async (start) => {
    const { wrangler, commands } = fakeWrangler((line) =>
      line.startsWith(start) ? { ok: false, output: "Authentication error [code: 10000]" } : null,
    );
    const failed = deploy(planOf(TARGET, null), {}, wrangler, silent);
    await expect(failed).rejects.toThrow(/npx wrangler [^]*Authentication error/);
    expect(commands.at(-1)).toMatch(new RegExp(`^${start}`));
  });

  it("tells no address where it has none", async () => {
    const { wrangler } = fakeWrangler((line) =>
      line.startsWith("deploy") ? { ok: true, output: "Deployed to a route" } : null,
    );
    expect(await deploy(planOf(TARGET, null), {}, wrangler, silent)).toBeNull();
  });
});

describe("the plan that is shown", () => {
  it("has every command that is run, in their order", async () => {
    const { wrangler, commands } = fakeWrangler();
    const plan = planOf(TARGET, null);
    await deploy(plan, {}, wrangler, silent);
    const shown = shownPlan(plan).flatMap((line) => /npx wrangler (.*)/.exec(line)?.[1] ?? []);
    expect(shown).toEqual(commands);
  });
});

describe("secrets", () => {
  it("are read from what wrangler lists, whatever stands before", () => {
    expect(namesIn(`a banner\n${SECRETS}`)).toEqual(TARGET.requiredSecrets);
    expect(() => namesIn("nothing")).toThrow("wrangler secret list answered");
  });

  it("that a file lacks or holds in vain are named", () => {
    const required = TARGET.requiredSecrets;
    expect(secretProblems(required, { WHATSAPP_APP_SECRET: "", API_TOKENS: "a:b:read" })).toEqual([
      "missing: WHATSAPP_ACCESS_TOKEN, WHATSAPP_VERIFY_TOKEN",
      "empty: WHATSAPP_APP_SECRET",
      expect.stringContaining('API_TOKENS: give "a" a token'),
    ]);
    const all = Object.fromEntries(required.map((name) => [name, `a:${LONG}`]));
    expect(secretProblems(required, all)).toEqual([]);
  });

  it("give the doctor a token that may look", () => {
    const [one, two, three] = ["one", "two", "three"].map((word) => word.padEnd(16, "-"));
    const API_TOKENS = `a:${one}:read,b:${two}:admin+read,c:${three}`;
    expect(adminTokenOf({ API_TOKENS })).toBe(two);
    expect(adminTokenOf({ API_TOKENS: `a:${one}:read` })).toBeNull();
    expect(adminTokenOf({})).toBeNull();
  });
});

describe("options", () => {
  it("are for production unless said otherwise", () => {
    expect(readDeployOptions([], { PALOMA_TOKEN: "t" })).toEqual({
      environment: "production",
      dryRun: false,
      secretsFile: null,
      url: null,
      token: "t",
    });
  });

  it.each([
    [["--env", "test"], 'not "test"'],
    [["--environment"], "Usage"],
    [["somewhere"], "Usage"],
  ])("refuse %j", (parameters, words) => {
    expect(() => readDeployOptions(parameters, {})).toThrow(words);
  });
});

describe("wrangler.toml", () => {
  it.each(["staging", "production"])("names for %s what a deploy must make", (environment) => {
    const { databases, queues, requiredSecrets } = readTarget(environment);
    const prefix = environment === "staging" ? "paloma-staging" : "paloma";
    expect(databases).toEqual([prefix]);
    expect(queues).toEqual(expect.arrayContaining([`${prefix}-status`, `${prefix}-dead-letters`]));
    expect(queues.every((queue) => queue.startsWith(`${prefix}-`))).toBe(true);
    expect(requiredSecrets).toEqual(TARGET.requiredSecrets);
  });
});
