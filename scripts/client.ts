/**
 * Writes the API's types for callers in TypeScript: `npm run client -- FOLDER`. What lands there are
 * declarations alone: of the API, which need nothing but hono, and of the service binding, which need
 * nothing. With `--check` it compiles each guide against them, as a reader of the guide would.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { checkGuides } from "./client/check-guides.ts";
import { spelledBinding, withUnions } from "./client/spelled-binding.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/** Declares `PalomaApi`. */
const ROOT = "app.d.ts";

/** Declares `PalomaBinding`. */
const BINDING = "binding.d.ts";

/** Another declaration file that one refers to, as `./http/problem.ts`. */
const REFERENCE = /(?:from |import\()"(\.[^"]+)\.ts"/g;

const DECLARATIONS_ONLY = { noEmit: false, declaration: true, emitDeclarationOnly: true };

const [folder, ...more] = process.argv.slice(2);
if (folder === "--check") {
  const declarations = mkdtempSync(join(tmpdir(), "paloma-client-"));
  try {
    writeClient(declarations);
    checkGuides(PROJECT, declarations);
  } finally {
    rmSync(declarations, { recursive: true });
  }
} else if (folder === undefined || more.length > 0) {
  console.error("Usage: npm run client -- FOLDER");
  process.exitCode = 1;
} else {
  writeClient(folder);
  console.log(`${join(folder, ROOT)} declares PalomaApi, for hc<PalomaApi>(url).`);
  console.log(`${join(folder, BINDING)} declares PalomaBinding, for a Worker's service binding.`);
}

/** The declarations of the app and of what it refers to, out of those of all of `src/`, and the binding's. */
function writeClient(target: string): void {
  // Inside the project, so that packages are found.
  mkdirSync(join(PROJECT, "dist"), { recursive: true });
  const all = mkdtempSync(join(PROJECT, "dist/client-"));
  try {
    const binding = join(all, "binding.ts");
    writeFileSync(binding, spelledBinding(relative(all, join(PROJECT, "src"))));
    const declared = join(all, "declared");
    const config = {
      extends: join(PROJECT, "tsconfig.json"),
      compilerOptions: { ...DECLARATIONS_ONLY, rootDir: PROJECT, outDir: declared },
      include: [join(PROJECT, "src"), join(PROJECT, "worker-configuration.d.ts"), binding],
    };
    writeFileSync(join(all, "tsconfig.json"), JSON.stringify(config));
    execFileSync("tsc", ["-p", all], { stdio: "inherit" });
    const source = join(declared, "src");
    for (const file of referredTo(source)) {
      mkdirSync(dirname(join(target, file)), { recursive: true });
      cpSync(join(source, file), join(target, file));
    }
    const spelled = readFileSync(join(declared, relative(PROJECT, all), BINDING), "utf8");
    writeFileSync(join(target, BINDING), withUnions(spelled));
  } finally {
    rmSync(all, { recursive: true });
  }
}

/** The root and all it needs, by their paths below the folder. */
function referredTo(declarations: string): Set<string> {
  const found = new Set<string>([ROOT]);
  // A set that grows while it is walked is walked to its end.
  for (const file of found) {
    const text = readFileSync(join(declarations, file), "utf8");
    for (const [, path = ""] of text.matchAll(REFERENCE)) {
      found.add(normalize(join(dirname(file), `${path}.d.ts`)));
    }
  }
  return found;
}
