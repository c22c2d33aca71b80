/**
 * `npm run deploy -- --env production`: makes what is missing at Cloudflare, migrates D1, deploys
 * and has the doctor look. Repeating it changes nothing that is right already. With `--dry-run` it
 * shows its commands and bundles the Worker, without an account and without a network.
 */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { PlainError } from "./client/plain-error.ts";
import { printFailure } from "./client/print-failure.ts";
import { deploy } from "./deploy/deploy.ts";
import { readDeployOptions } from "./deploy/deploy-options.ts";
import { adminTokenOf, secretProblems, type Secrets } from "./deploy/secrets.ts";
import { planOf, type Plan } from "./deploy/plan.ts";
import { readTarget } from "./deploy/read-target.ts";
import { shownPlan } from "./deploy/shown-plan.ts";
import { requireSuccess, runWrangler } from "./deploy/wrangler.ts";
import { printChecks } from "./doctor/print-checks.ts";
import { readChecks } from "./doctor/read-checks.ts";

try {
  const options = readDeployOptions(process.argv.slice(2), process.env);
  const plan = planOf(readTarget(options.environment), options.secretsFile);
  const secrets = options.secretsFile === null ? {} : readSecrets(options.secretsFile);
  if (options.dryRun) {
    for (const line of shownPlan(plan)) console.log(line);
    if (options.secretsFile !== null) printSecrets(options.secretsFile, plan, secrets);
    requireSuccess(await runWrangler([...plan.deploy, "--dry-run"]));
    console.log("\nThe Worker bundles. Nothing was asked or changed at Cloudflare.");
  } else {
    const address = await deploy(plan, secrets, runWrangler, console.log);
    await runChecks(options.url ?? address, options.token ?? adminTokenOf(secrets));
  }
} catch (error) {
  printFailure(error);
  process.exitCode = 1;
}

function printSecrets(file: string, { requiredSecrets }: Plan, secrets: Secrets): void {
  const problems = secretProblems(requiredSecrets, secrets);
  console.log(
    problems.length === 0
      ? `\n${file} holds every secret that is required.`
      : `\nIn ${file}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
  );
}

function readSecrets(path: string): Secrets {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch {
    throw new PlainError(`--secrets-file: there is no file ${path}.`);
  }
}

async function runChecks(url: string | null, token: string | null): Promise<void> {
  if (url === null || token === null) {
    console.log("\nDeployed. Now ask the doctor: npm run doctor -- URL --token TOKEN");
    return;
  }
  const examination = await readChecks(url, token);
  console.log(`\nDeployed to ${url}. The doctor says:`);
  printChecks(examination);
  if (examination.result === "fail") process.exitCode = 1;
}
