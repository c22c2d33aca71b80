/** What a deploy asks and does, as wrangler's parameters: pure. */
import { parseConfig } from "../../src/config/config.ts";
import type { Target } from "./read-target.ts";

/** Something at Cloudflare that is made where it is missing. */
export type Resource = {
  what: string;
  ask: readonly string[];
  /** How wrangler says that there is none. */
  absent: RegExp;
  create: readonly string[];
};

export type Plan = {
  environment: string;
  /** Settings in wrangler.toml that the Worker would refuse, with their remedy. */
  wrongVars: readonly string[];
  requiredSecrets: readonly string[];
  askSecrets: readonly string[];
  resources: readonly Resource[];
  migrate: readonly (readonly string[])[];
  deploy: readonly string[];
};

/** Stands for a secret that only Cloudflare knows. */
const SOME_SECRET = "some:secret-of-16-letters";

export function planOf(target: Target, secretsFile: string | null): Plan {
  const { environment } = target;
  const inEnvironment = ["--env", environment];
  return {
    environment,
    wrongVars: wrongVars(target),
    requiredSecrets: target.requiredSecrets,
    askSecrets: ["secret", "list", ...inEnvironment],
    resources: [
      ...target.databases.map((name) => ({
        what: `database ${name}`,
        ask: ["d1", "info", name, "--json", ...inEnvironment],
        absent: /Couldn't find a D1 DB/,
        create: ["d1", "create", name],
      })),
      ...target.queues.map((name) => ({
        what: `queue ${name}`,
        ask: ["queues", "info", name],
        absent: /does not exist/,
        create: ["queues", "create", name],
      })),
      ...target.buckets.map((name) => ({
        what: `bucket ${name}`,
        ask: ["r2", "bucket", "info", name, "--json"],
        absent: /does not exist|\bcode: 10006\b/,
        create: ["r2", "bucket", "create", name],
      })),
    ],
    migrate: target.databases.map((name) => [
      "d1",
      "migrations",
      "apply",
      name,
      "--remote",
      ...inEnvironment,
    ]),
    deploy: [
      "deploy",
      ...inEnvironment,
      ...(secretsFile === null ? [] : ["--secrets-file", secretsFile]),
    ],
  };
}

function wrongVars({ requiredSecrets, vars }: Target): string[] {
  const secrets = Object.fromEntries(requiredSecrets.map((name) => [name, SOME_SECRET]));
  const result = parseConfig({ ...vars, ...secrets });
  return result.ok ? [] : result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
}
