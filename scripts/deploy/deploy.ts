import { PlainError } from "../client/plain-error.ts";
import type { Plan, Resource } from "./plan.ts";
import { namesIn, requireGoodSecrets, requireSecrets, type Secrets } from "./secrets.ts";
import { commandLine, requireSuccess, type Wrangler } from "./wrangler.ts";

/** How wrangler says that the Worker was never deployed. */
const NO_WORKER = /not found|does not exist/;

const WORKERS_DEV = /https:\/\/\S+\.workers\.dev/;

/**
 * Carries a plan out; whatever fails ends it, and it may be repeated from the start.
 *
 * @returns the Worker's workers.dev address, null if it has none
 */
export async function deploy(
  plan: Plan,
  secrets: Secrets,
  wrangler: Wrangler,
  print: (line: string) => void,
): Promise<string | null> {
  const run = async (parameters: readonly string[]): Promise<string> => {
    print(commandLine(parameters));
    return requireSuccess(await wrangler(parameters));
  };
  requireVars(plan);
  requireGoodSecrets(plan.requiredSecrets, secrets);
  const known = await knownSecrets(plan, wrangler);
  requireSecrets(plan.requiredSecrets, known, secrets, plan.environment);
  for (const resource of plan.resources) {
    if (await isMissing(resource, wrangler)) await run(resource.create);
    else print(`${resource.what} is there`);
  }
  for (const migrate of plan.migrate) await run(migrate);
  const output = await run(plan.deploy);
  return WORKERS_DEV.exec(output)?.[0] ?? null;
}

function requireVars({ environment, wrongVars }: Plan): void {
  if (wrongVars.length === 0) return;
  const lines = wrongVars.map((problem) => `  ${problem}`);
  throw new PlainError([`In wrangler.toml, [env.${environment}.vars]:`, ...lines].join("\n"));
}

/** Before the first deploy there is no Worker that could have any. */
async function knownSecrets({ askSecrets }: Plan, wrangler: Wrangler): Promise<string[]> {
  const answer = await wrangler(askSecrets);
  return !answer.ok && NO_WORKER.test(answer.output) ? [] : namesIn(requireSuccess(answer));
}

async function isMissing({ ask, absent }: Resource, wrangler: Wrangler): Promise<boolean> {
  const answer = await wrangler(ask);
  if (!answer.ok && absent.test(answer.output)) return true;
  requireSuccess(answer);
  return false;
}
