import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";

const STAGING = /-staging\b/g;

/** What wrangler does not hand down, and what a deploy consists of besides. */
const MEMBERS = [
  "vars",
  "secrets",
  "d1_databases",
  "durable_objects",
  "queues",
  "r2_buckets",
  "ratelimits",
  "analytics_engine_datasets",
  "services",
  "exports",
  "triggers",
  "observability",
  "compatibility_date",
  "compatibility_flags",
] as const;

/** Members of an environment, with names as development has them. */
function membersOf(environment: string | undefined): Record<string, unknown> {
  const config: Record<string, unknown> = {
    ...readConfig(
      { config: "wrangler.toml", ...(environment === undefined ? {} : { env: environment }) },
      { hideWarnings: true },
    ),
  };
  const chosen = Object.fromEntries(MEMBERS.map((member) => [member, config[member]]));
  return JSON.parse(JSON.stringify(chosen).replaceAll(STAGING, ""));
}

describe("every environment", () => {
  it.each(["staging", "production"])(
    "%s has the bindings, settings and queues of development, under its own names",
    (environment) => {
      const { vars, ...members } = membersOf(undefined);
      // It holds keys: deployed, it is a secret, whose name no setting may have.
      const { EVENT_SUBSCRIBERS: secret, ...deployed } = Object(vars);
      expect(secret).toBe("");
      expect(membersOf(environment)).toEqual({ ...members, vars: deployed });
    },
  );

  it("staging shares no resource with production", () => {
    const lines = readFileSync("wrangler.toml", "utf8").split("[env.staging]")[1] ?? "";
    const names = [...lines.matchAll(/"(paloma[\w-]*)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(name).toMatch(/^paloma-staging/);
  });

  it("tries each queue message 100 times, and a consumer keeps what is given up (I10)", () => {
    for (const env of ["development", "staging", "production"]) {
      const { producers, consumers } = readConfig(
        { config: "wrangler.toml", ...(env === "development" ? {} : { env }) },
        { hideWarnings: true },
      ).queues;
      const consumerOf = (name: string | undefined) =>
        consumers?.find((consumer: { queue: string }) => consumer.queue === name);
      for (const { queue } of producers ?? []) {
        const consumer = consumerOf(queue);
        expect(consumer?.max_retries).toBe(100);
        expect(consumerOf(consumer?.dead_letter_queue)?.max_retries).toBe(100);
      }
      expect(producers?.length).toBeGreaterThan(0);
    }
  });

  it("keeps invocation logs off: query strings carry tokens (I11)", () => {
    for (const environment of [undefined, "staging", "production"]) {
      expect(membersOf(environment)["observability"]).toMatchObject({
        enabled: true,
        logs: { invocation_logs: false },
      });
    }
  });
});
