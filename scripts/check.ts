/** All static checks, side by side; prints what failed and exits non-zero if anything did. */
import { spawn } from "node:child_process";
import { installDependencies } from "../bench/install-dependencies.ts";

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  "types of the Worker": ["tsc", "-p", "tsconfig.json"],
  "types of the scripts": ["tsc", "-p", "tsconfig.node.json"],
  "types of the inbox": ["tsc", "-p", "inbox/tsconfig.json"],
  "types of the bench": ["tsc", "-p", "bench/tsconfig.json"],
  lint: ["oxlint", "--type-aware"],
  format: ["oxfmt", "--check"],
  "dead code": ["knip"],
  "generated Env": [
    "wrangler",
    "types",
    "--include-runtime=false",
    "--strict-vars=false",
    "--check",
  ],
  reference: ["node", "scripts/openapi.ts", "--check"],
  "openapi.json for others": [
    "redocly",
    "lint",
    "--config",
    "scripts/client/redocly.yaml",
    "assets/openapi.json",
  ],
  "types for callers": ["node", "scripts/client.ts", "--check"],
  "numbering plans": ["node", "scripts/numbering-plans.ts", "--check"],
  lockfiles: ["node", "scripts/lockfiles.ts", "--check"],
  migrations: ["node", "scripts/migration.ts", "--check"],
};

if (process.argv.length > 2) {
  console.error("npm run check takes no options: it checks all there is.");
  process.exit(1);
}

// Types and lint of the bench need its own dependencies.
installDependencies();

const results = await Promise.all(
  Object.entries(CHECKS).map(async ([name, command]) => ({ name, ...(await run(command)) })),
);
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name}`);
  if (code !== 0) console.log(output);
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

function run([program = "", ...parameters]: readonly string[]) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (data) => (output += String(data)));
    child.stderr.on("data", (data) => (output += String(data)));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
