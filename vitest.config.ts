import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

// wrangler looks for the secrets in the environment first; these open nothing.
Object.assign(process.env, {
  WHATSAPP_ACCESS_TOKEN: "test-access-token",
  WHATSAPP_APP_SECRET: "test-app-secret, retired-next-week-secret",
  WHATSAPP_VERIFY_TOKEN: "test-verify-token",
  API_TOKENS:
    "clinic:test-clinic-token,reader:test-reader-token:read,sender:test-sender-token:send,operator:test-operator-token:read+admin",
});

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations("./migrations"),
          WHATSAPP_PHONE_NUMBER_ID: "106540352242922",
        },
      },
    }),
  ],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/node/**"],
    setupFiles: ["test/support/apply-migrations.ts"],
    // One workerd for all files: starting one a file costs more than the tests.
    isolate: false,
    maxWorkers: 1,
    restoreMocks: true,
    // A property test plays hundreds of runs; CI has two slow cores.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    coverage: {
      provider: "istanbul",
      include: ["src/**/*.ts", "simulator/**/*.ts"],
      exclude: ["simulator/main.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
}));
