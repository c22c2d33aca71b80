/** Prints the milliseconds of CPU that loading a Worker's bundle takes in V8, here in Node's. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const MICROSECONDS_PER_MS = 1000;

/** What the runtime brings, as far as loading needs it. */
const RUNTIME = `
  export class DurableObject {}
  export class WorkerEntrypoint {}
  export const env = {}, exports = {};
  export const waitUntil = () => {};
`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith("cloudflare:")
      ? { url: `data:text/javascript,${encodeURIComponent(RUNTIME)}`, shortCircuit: true }
      : next(specifier, context),
});

const bundle = pathToFileURL(process.argv[2] ?? "").href;
const before = process.cpuUsage();
await import(bundle);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / MICROSECONDS_PER_MS);
