/** The secret that wrangler.toml does not require: `wrangler dev` leaves such a one in `.dev.vars`. */
const OPTIONAL_SECRET = "EVENT_SUBSCRIBERS";

/** What `wrangler dev` is told of settings beside what it reads from `.dev.vars` by itself. */
export function workerVars(
  simulatorUrl: string,
  devVars: Readonly<Record<string, string | undefined>>,
): string[] {
  const optional = devVars[OPTIONAL_SECRET];
  return [
    // Whatever .dev.vars says: what is played here never reaches Meta.
    `--var=GRAPH_API_BASE_URL:${simulatorUrl}`,
    ...(optional === undefined ? [] : [`--var=${OPTIONAL_SECRET}:${optional}`]),
  ];
}
