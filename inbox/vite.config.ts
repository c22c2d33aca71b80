/** Builds the page into `assets/inbox`, from where the Worker serves it; in development a server with hot reload. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** Where `npm start` listens. */
const WORKER_URL = "http://localhost:8787";

const SOURCES = join(import.meta.dirname, "src");

/** Every class with its style sheet, in the same order wherever the page is built. */
const CLASSES = readdirSync(SOURCES, { encoding: "utf8", recursive: true })
  .filter((file) => file.endsWith(".module.css"))
  .flatMap((file) => {
    const names = readFileSync(join(SOURCES, file), "utf8").match(/(?<=\.)[a-zA-Z]\w*/g) ?? [];
    return [...new Set(names)].map((name) => `${basename(file)} ${name}`);
  })
  .toSorted();

/** A number: longer names, or hashes, would be a hundredth of the page. */
function generateScopedName(name: string, path: string): string {
  const place = CLASSES.indexOf(`${basename(path)} ${name}`);
  if (place === -1) throw new Error(`${path} has a class that its text does not: ${name}`);
  return `c${place.toString(36)}`;
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
    // A hundredth lighter than by the minifier that Vite has.
    minify: "terser",
    // Who reads a signal follows it.
    terserOptions: { compress: { passes: 2, pure_getters: false } },
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
