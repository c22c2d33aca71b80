import * as v from "valibot";
import { readApiTokens } from "../../src/config.ts";
import { PlainError } from "../client/plain-error.ts";

export type Secrets = Readonly<Record<string, string | undefined>>;

const listSchema = v.array(v.object({ name: v.string() }));

/** The names in what `wrangler secret list` prints. */
export function namesIn(output: string): string[] {
  const start = output.indexOf("[");
  const list = v.safeParse(listSchema, start === -1 ? null : JSON.parse(output.slice(start)));
  if (!list.success) throw new PlainError(`wrangler secret list answered:\n${output}`);
  return list.output.map(({ name }) => name);
}

/** Refuses to go on where a secret is missing, and names it. */
export function requireSecrets(
  required: readonly string[],
  known: readonly string[],
  given: Secrets,
  environment: string,
): void {
  const missing = required.filter((name) => !known.includes(name) && !given[name]?.trim());
  if (missing.length === 0) return;
  throw new PlainError(
    [
      `These secrets are missing in ${environment}: ${missing.join(", ")}.`,
      "Write a line NAME=value for each into a file that you never commit, and repeat this with",
      "--secrets-file FILE. Once the Worker is there, one alone is set or changed with",
      ...missing.map((name) => `  npx wrangler secret put ${name} --env ${environment}`),
    ].join("\n"),
  );
}

/** A token for the doctor, where the secrets at hand hold one. */
export function adminTokenOf(given: Secrets): string | null {
  return readApiTokens(given).find(({ scopes }) => scopes.has("admin"))?.token ?? null;
}
