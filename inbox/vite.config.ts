/** Builds the page into `assets/inbox`, from where the Worker serves it; in development a server with hot reload. */
import { defineConfig } from "vite";

/** Where `npm start` listens. */
const WORKER_URL = "http://localhost:8787";

export default defineConfig({
  root: import.meta.dirname,
  base: "/inbox/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  css: { modules: { generateScopedName: "[local]-[hash:base64:5]" } },
  build: {
    target: "es2023",
    // One script and one style sheet: nothing is loaded late, so nothing of an old version is missed.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // An inlined file would need `data:` in the content security policy.
    assetsInlineLimit: 0,
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
