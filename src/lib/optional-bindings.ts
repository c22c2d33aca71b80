/** Bindings that an operator may give the Worker; `wrangler.toml` shows them, commented out. */
export type OptionalBindings = {
  /** Requests per token; without it there is no limit. */
  API_RATE_LIMIT?: RateLimit;
  /** Counters and latencies; without it there are none. */
  METRICS?: AnalyticsEngineDataset;
};

export function optionalBindings(env: Env): OptionalBindings {
  const bindings: Env & OptionalBindings = env;
  return bindings;
}
