/** Builds the page into `assets/inbox`, from where the Worker serves it; in development a server with hot reload. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** Where `npm start` listens. */
const WORKER_URL = "http://localhost:8787";

/** How many style sheets have a class of this name. */
const uses = new Map<string, number>();
const SOURCES = join(import.meta.dirname, "src");
for (const file of readdirSync(SOURCES, { encoding: "utf8", recursive: true })) {
  if (!file.endsWith(".css")) continue;
  const names = readFileSync(join(SOURCES, file), "utf8").matchAll(/\.([a-zA-Z]\w*)/g);
  for (const name of new Set([...names].map(([, found = ""]) => found))) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
}

/** A class keeps its name, with its file's where others have it too: a hash in each would weigh half a KiB. */
function generateScopedName(name: string, path: string): string {
  return uses.get(name) === 1 ? name : `${basename(path, ".module.css")}-${name}`;
}

/** Lets the bundler put each class's name where it is used: tables of them, one a file, would be a fortieth of the page. */
const classNames: Plugin = {
  name: "class-names",
  enforce: "pre",
  apply: "build",
  transform(code, id) {
    if (!id.endsWith(".tsx")) return null;
    const named = /^import (\w+) from (?=".*\.module\.css";$)/gm;
    return { code: code.replaceAll(named, "import * as $1 from "), map: null };
  },
};

/** A style sheet counts although all its names have gone. */
const styleSheets: Plugin = {
  name: "style-sheets",
  enforce: "post",
  apply: "build",
  transform: (code, id) =>
    id.endsWith(".module.css") ? { code, map: null, moduleSideEffects: "no-treeshake" } : null,
};

export default defineConfig({
  plugins: [classNames, styleSheets],
  root: import.meta.dirname,
  base: "/inbox/",
  oxc: {
    // Shorter than the automatic one by a hundredth of the page.
    jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
    jsxInject: 'import { Fragment, h } from "preact";',
  },
  css: { modules: { generateScopedName } },
  build: {
    target: "es2023",
    // One script and one style sheet: nothing is loaded late, so nothing of an old version is missed.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // An inlined file would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { optimization: { inlineConst: true } },
  },
  server: {
    proxy: {
      "/inbox/api": WORKER_URL,
      "/inbox/session": WORKER_URL,
      // The feed lets in its own origin alone.
      "/inbox/feed": {
        target: WORKER_URL,
        ws: true,
        changeOrigin: true,
        headers: { origin: WORKER_URL },
      },
    },
  },
});
