import * as v from "valibot";
import { parseConfig, readApiTokens } from "../../src/config/config.ts";
import { PlainError } from "../client/plain-error.ts";

export type Secrets = Readonly<Record<string, string | undefined>>;

/** Secrets that a Worker can do without. */
const OPTIONAL_SECRETS = ["EVENT_SUBSCRIBERS"];

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

/** What the file lacks of what is required, and all that is wrong with what it holds; a line each. */
export function secretProblems(required: readonly string[], given: Secrets): string[] {
  const missing = required.filter((name) => given[name] === undefined);
  return [
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(", ")}`]),
    ...wrongSecrets(required, given),
  ];
}

/** Refuses a file whose secrets would take the place of good ones. */
export function requireGoodSecrets(required: readonly string[], given: Secrets): void {
  const problems = wrongSecrets(required, given).map((problem) => `  ${problem}`);
  if (problems.length > 0) {
    throw new PlainError(["In the file of --secrets-file:", ...problems].join("\n"));
  }
}

function wrongSecrets(required: readonly string[], given: Secrets): string[] {
  const isEmpty = (name: string): boolean => given[name]?.trim() === "";
  const names = Object.keys(given);
  const known = new Set([...required, ...OPTIONAL_SECRETS]);
  const empty = names.filter((name) => known.has(name) && isEmpty(name));
  const unknown = names.filter((name) => !known.has(name));
  const result = parseConfig(given);
  const refused = result.ok ? [] : result.problems;
  return [
    ...(empty.length === 0 ? [] : [`empty: ${empty.join(", ")}`]),
    ...(unknown.length === 0 ? [] : [`no secret of Paloma's: ${unknown.join(", ")}`]),
    ...refused
      .filter(({ setting }) => names.includes(setting) && !isEmpty(setting))
      .map(({ setting, remedy }) => `${setting}: ${remedy}`),
  ];
}

/** A token for the doctor, where the secrets at hand hold one. */
export function adminTokenOf(given: Secrets): string | null {
  return readApiTokens(given).find(({ scopes }) => scopes.has("admin"))?.token ?? null;
}
