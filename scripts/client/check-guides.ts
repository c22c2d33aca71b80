/** Compiles what the guides for callers in TypeScript show, in projects that are not this one. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { guideCode } from "./guide-code.ts";

type Guide = {
  path: string;
  /** All that its reader has installed. */
  packages: readonly string[];
  /** How its reader compiles, beside `strict`. */
  compiler: Readonly<Record<string, unknown>>;
  /** What must not compile after it: it would if the types had become `any`. */
  refused: string;
};

const GUIDES: readonly Guide[] = [
  {
    path: "docs/guides/typed-client.md",
    packages: ["hono", "@types/node", "undici-types"],
    compiler: { module: "nodenext", types: ["node"], skipLibCheck: true },
    refused: "await messages.$post({ json: { to: 529982220001 } });",
  },
  {
    path: "docs/guides/from-another-worker.md",
    packages: ["@cloudflare/workers-types"],
    // Nothing is skipped: an import that is not there would make its types `any`.
    compiler: {
      module: "esnext",
      moduleResolution: "bundler",
      lib: ["esnext"],
      types: ["@cloudflare/workers-types"],
      allowImportingTsExtensions: true,
    },
    refused: "void ((paloma: PalomaBinding) => paloma.send({ to: 529982220001 }));",
  },
];

/** @param declarations what `npm run client` wrote */
export function checkGuides(project: string, declarations: string): void {
  for (const { path, packages, compiler, refused } of GUIDES) {
    const caller = mkdtempSync(join(tmpdir(), "paloma-caller-"));
    try {
      for (const name of packages) {
        const place = join(caller, "node_modules", name);
        mkdirSync(dirname(place), { recursive: true });
        symlinkSync(join(project, "node_modules", name), place);
      }
      cpSync(declarations, join(caller, "paloma"), { recursive: true });
      const code = `${guideCode(join(project, path), "ts")}\n// @ts-expect-error a phone is text\n${refused}\n`;
      writeFileSync(join(caller, "guide.ts"), code);
      writeFileSync(join(caller, "package.json"), '{ "type": "module" }');
      const compilerOptions = { target: "esnext", strict: true, noEmit: true, ...compiler };
      const config = { compilerOptions, files: ["guide.ts"] };
      writeFileSync(join(caller, "tsconfig.json"), JSON.stringify(config));
      execFileSync("tsc", ["-p", caller], { stdio: "inherit" });
    } finally {
      rmSync(caller, { recursive: true });
    }
  }
}
