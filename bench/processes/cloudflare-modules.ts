/** Importing it lets Node load the Worker's modules: what they import of the runtime is empty. */
import { registerHooks } from "node:module";

/** As far as loading needs it. */
const RUNTIME = `
  export class DurableObject {}
  export class WorkerEntrypoint {}
  export class RpcTarget {}
  export const env = {}, exports = {};
  export const waitUntil = () => {};
`;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith("cloudflare:")
      ? { url: `data:text/javascript,${encodeURIComponent(RUNTIME)}`, shortCircuit: true }
      : next(specifier, context),
});
