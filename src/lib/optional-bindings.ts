/** Bindings that an operator may add; `wrangler.toml` contains them, commented out. */
export type OptionalBindings = {
  /** Limits the requests of each token; without it there is no limit. */
  API_RATE_LIMIT?: RateLimit;
  /** Stores counters and latencies; without it only the log contains them. */
  METRICS?: AnalyticsEngineDataset;
};

export function optionalBindings(env: Env): OptionalBindings {
  const bindings: Env & OptionalBindings = env;
  return bindings;
}
