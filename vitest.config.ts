import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { BaseSequencer } from "vitest/node";
import { unstable_readConfig as readWranglerConfig } from "wrangler";

const CONFIG_PATH = "./wrangler.toml";

/** A batch waits this long for more in a test, and a whole second in life. */
const TEST_BATCH_SECONDS = 0.05;

type QueueConsumer = {
  queue: string;
  max_batch_size?: number;
  max_retries?: number;
  dead_letter_queue?: string;
};

const wrangler = readWranglerConfig({ config: CONFIG_PATH }, { hideWarnings: true });

/** The consumers as deployed, only less patient. */
const queueConsumers = Object.fromEntries(
  (wrangler.queues.consumers ?? []).map((consumer: QueueConsumer) => [
    consumer.queue,
    {
      maxBatchSize: consumer.max_batch_size,
      maxBatchTimeout: TEST_BATCH_SECONDS,
      maxRetries: consumer.max_retries,
      deadLetterQueue: consumer.dead_letter_queue,
    },
  ]),
);

/**
 * Files that take long come first, and many short ones last: begun last, a long one would keep one core waiting for the
 * other. A process ends where the next file is another project's, so that the files of one stay together.
 */
const TURNS = [
  /\/test\/node\//,
  /\/test\/browser\//,
  /\/test\/inbox\//,
  /\/test\/schedules\//,
  /\/test\/(?:faults|journeys|personal-data|conversation|feed|budgets)\//,
  /\/test\/(?:webhook|api|business-number|people)\//,
  /./,
];

/** One more than the cores there are at least, since tests that wait leave theirs to others. */
const WORKERS = 3;

/** Journeys that measure frames, and one that leaves them a core. */
const FRAMES = ["test/browser/scale.test.ts", "test/browser/accessibility.test.ts"];

class LongFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer["sort"]>[0]) {
    const groups = TURNS.map((_turn, place) =>
      files.filter(({ moduleId }) => TURNS.findIndex((turn) => turn.test(moduleId)) === place),
    );
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's sort, not an array's
    const sorted = await Promise.all(groups.map((group) => super.sort(group)));
    return sorted.flat();
  }
}

/** A disk that each row waits for takes half of a run: what tests store stands in memory, if it can. */
const MEMORY = "/dev/shm";
/** Several times what a run stores; a container may have 64 MB. */
const ROOM_BYTES = 2 ** 30;

const hasRoom =
  existsSync(MEMORY) && statfsSync(MEMORY).bavail * statfsSync(MEMORY).bsize > ROOM_BYTES;

const RUN_FOLDER = mkdtempSync(join(hasRoom ? MEMORY : tmpdir(), "paloma-test-"));
process.env.TMPDIR = RUN_FOLDER;
process.env.PALOMA_TEST_RUN = RUN_FOLDER;
// Dozens of processes load wrangler: each finds what one before it compiled.
process.env.NODE_COMPILE_CACHE = join(RUN_FOLDER, "compiled");
process.on("exit", () => rmSync(RUN_FOLDER, { recursive: true, force: true }));

export default defineConfig(async (): Promise<ViteUserConfig> => ({
  test: {
    restoreMocks: true,
    sequence: { sequencer: LongFirst },
    // For what never ends. A property test plays hundreds of runs; CI has two slow cores, shared with others.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: CONFIG_PATH },
            miniflare: {
              queueConsumers,
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations("./migrations"),
                // These open nothing, and hold whatever a `.dev.vars` beside them says.
                WHATSAPP_ACCESS_TOKEN: "test-access-token",
                WHATSAPP_APP_SECRET: "test-app-secret, retired-next-week-secret",
                WHATSAPP_VERIFY_TOKEN: "test-verify-token",
                API_TOKENS:
                  "clinic:test-clinic-token,reader:test-reader-token:read,sender:test-sender-token:send,operator:test-operator-token:read+admin",
                WHATSAPP_PHONE_NUMBER_ID: "106540352242922",
                DEFAULT_COUNTRY: "",
                WHATSAPP_BUSINESS_ACCOUNT_ID: "102290129340398",
                GRAPH_API_BASE_URL: "https://graph.facebook.com",
                EVENT_SUBSCRIBERS: "",
                SIMULATE_SCHEDULES: Number(process.env.SIMULATE_SCHEDULES ?? "100"),
                SIMULATE_SEED: Number(process.env.SIMULATE_SEED ?? "1"),
                BUDGET_CONVERSATIONS: Number(process.env.BUDGET_CONVERSATIONS ?? "5000"),
                BUDGET_MESSAGES: Number(process.env.BUDGET_MESSAGES ?? "20000"),
              },
              // Off by default, as in wrangler.toml: a test hands it to the Worker under its real name.
              ratelimits: {
                TEST_RATE_LIMIT: { namespace_id: "1", simple: { limit: 3, period: 60 } },
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.test.ts"],
          exclude: ["test/node/**", "test/browser/**", "test/inbox/**"],
          setupFiles: [
            "test/support/hand-over-coverage.ts",
            "test/support/apply-migrations.ts",
            "test/support/watch-the-log.ts",
            "test/support/watch-the-bindings.ts",
            "test/support/document-traffic.ts",
            "test/support/document-rpc.ts",
            // Last, so that its hook comes first: what still goes on is watched too.
            "test/support/end-with-the-test.ts",
          ],
          // Few workerd for all files: starting one a file costs more than the tests.
          isolate: false,
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          // Whole journeys over real HTTP, against the Worker as it is built.
          name: "node",
          include: ["test/node/**/*.test.ts"],
          // Loading wrangler costs more than most of these tests: once a process, not once a file.
          isolate: false,
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          // What the page computes without a browser.
          name: "inbox",
          include: ["test/inbox/**/*.test.ts"],
          isolate: false,
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          // The page in a real browser, against the Worker as it is built.
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          exclude: FRAMES,
          globalSetup: "test/browser/support/unpack-early.ts",
          isolate: false,
          maxWorkers: WORKERS,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          // What looks at single frames, after all others: they would take their time.
          name: "browser-frames",
          include: FRAMES,
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
    ],
    coverage: {
      provider: "istanbul",
      // Of the page, what needs no browser: the journeys run what is built of the rest.
      include: [
        "src/**/*.ts",
        "simulator/**/*.ts",
        "inbox/src/{state,text}/**/*.ts",
        "inbox/src/time/{wait,window}.ts",
        "inbox/src/words/{es,en,failure}.ts",
      ],
      exclude: ["simulator/main.ts", "inbox/src/state/{live,quotes}.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { lines: 95, branches: 95 },
    },
  },
}));
