import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll } from "vitest";

declare global {
  namespace Cloudflare {
    interface Env {
      /** Added by vitest.config.ts; the generated Env knows only what wrangler.toml names. */
      TEST_MIGRATIONS: D1Migration[];
      /** 3 requests a minute and key. */
      TEST_RATE_LIMIT: RateLimit;
      SIMULATE_SCHEDULES: number;
      SIMULATE_SEED: number;
      BUDGET_CONVERSATIONS: number;
      BUDGET_MESSAGES: number;
    }
  }
}

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});
