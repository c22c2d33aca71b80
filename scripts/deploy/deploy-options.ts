import { parseArgs } from "node:util";
import { PlainError } from "../client/plain-error.ts";

export type DeployOptions = {
  environment: string;
  dryRun: boolean;
  /** Lines `NAME=value`; needed for the first deploy, when there is no Worker to give them to yet. */
  secretsFile: string | null;
  /** Where it will answer, if not at its workers.dev address. */
  url: string | null;
  /** An API token with the scope admin, for the doctor. */
  token: string | null;
};

const ENVIRONMENTS: ReadonlySet<string> = new Set(["staging", "production"]);

const USAGE =
  "npm run deploy -- [--env staging|production] [--dry-run] [--secrets-file FILE] [--url URL] [--token TOKEN]";

export function readDeployOptions(
  parameters: readonly string[],
  settings: Readonly<Record<string, string | undefined>>,
): DeployOptions {
  const values = parse(parameters);
  const environment = values.env ?? "production";
  if (!ENVIRONMENTS.has(environment)) {
    throw new PlainError(`--env: staging or production, not "${environment}".`);
  }
  return {
    environment,
    dryRun: values["dry-run"] ?? false,
    secretsFile: values["secrets-file"] ?? null,
    url: values.url ?? null,
    token: values.token ?? settings["PALOMA_TOKEN"] ?? null,
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        env: { type: "string" },
        "dry-run": { type: "boolean" },
        "secrets-file": { type: "string" },
        url: { type: "string" },
        token: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new PlainError(`${error instanceof Error ? error.message : "?"}\nUsage: ${USAGE}`);
  }
}
