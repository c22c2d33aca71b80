/** The settings that `wrangler dev` gets beside what it reads from `.dev.vars` by itself. */
export function workerVars(simulatorUrl: string): string[] {
  // Whatever .dev.vars says: what is played here never reaches Meta.
  return [`--var=GRAPH_API_BASE_URL:${simulatorUrl}`];
}
