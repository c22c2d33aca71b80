/**
 * Writes the API's type for callers in TypeScript: `npm run client -- FOLDER`. What lands there
 * are declarations alone, which need nothing but hono. With `--check` the guide is compiled against
 * them, as whoever follows it would.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

const GUIDE = "docs/guides/typed-client.md";

/** Declares `PalomaApi`. */
const ROOT = "app.d.ts";

/** Another declaration file that one refers to, as `./http/problem.ts`. */
const REFERENCE = /(?:from |import\()"(\.[^"]+)\.ts"/g;

const CODE = /```ts\n(.*?)```/gs;

const DECLARATIONS_ONLY = { noEmit: false, declaration: true, emitDeclarationOnly: true };

/** How somebody else may compile. */
const STRANGER = {
  target: "esnext",
  module: "nodenext",
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ["node"],
};

const [folder, ...more] = process.argv.slice(2);
if (folder === "--check") {
  check();
} else if (folder === undefined || more.length > 0) {
  console.error("Usage: npm run client -- FOLDER");
  process.exitCode = 1;
} else {
  writeClient(folder);
  console.log(`${join(folder, ROOT)} declares PalomaApi, for hc<PalomaApi>(url).`);
}

function check(): void {
  const caller = temporaryFolder();
  try {
    writeClient(join(caller, "paloma"));
    const guide = readFileSync(join(PROJECT, GUIDE), "utf8");
    const code = Array.from(guide.matchAll(CODE), ([, block = ""]) => block).join("\n");
    writeFileSync(join(caller, "guide.ts"), code);
    writeFileSync(join(caller, "package.json"), '{ "type": "module" }');
    const config = { compilerOptions: STRANGER, files: ["guide.ts"] };
    writeFileSync(join(caller, "tsconfig.json"), JSON.stringify(config));
    execFileSync("tsc", ["-p", caller], { stdio: "inherit" });
  } finally {
    rmSync(caller, { recursive: true });
  }
}

/** The declarations of the app and of what it refers to, out of those of all of `src/`. */
function writeClient(target: string): void {
  const all = temporaryFolder();
  try {
    const config = {
      extends: join(PROJECT, "tsconfig.json"),
      compilerOptions: { ...DECLARATIONS_ONLY, rootDir: PROJECT, outDir: all },
      include: [join(PROJECT, "src"), join(PROJECT, "worker-configuration.d.ts")],
    };
    writeFileSync(join(all, "tsconfig.json"), JSON.stringify(config));
    execFileSync("tsc", ["-p", all], { stdio: "inherit" });
    for (const file of referredTo(join(all, "src"))) {
      mkdirSync(dirname(join(target, file)), { recursive: true });
      cpSync(join(all, "src", file), join(target, file));
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

/** Inside the project, so that packages are found. */
function temporaryFolder(): string {
  mkdirSync(join(PROJECT, "dist"), { recursive: true });
  return mkdtempSync(join(PROJECT, "dist/client-"));
}

/** The root and whatever it needs, by their paths below the folder. */
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
