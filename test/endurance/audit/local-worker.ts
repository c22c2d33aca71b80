import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../../scripts/start/migrate.ts";
import type { ProcessGroup } from "../../../scripts/start/process-group.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";
import { waitUntilUp } from "../../../scripts/start/wait-until-up.ts";
import { buildWorker } from "./build-worker.ts";
import { workerEnvironment } from "./local-clinic.ts";

/** Read instead of `.dev.vars`: all settings come from the environment. */
const NO_DEV_VARS = "/dev/null";

/** The Worker under `wrangler dev`, with a database of its own that outlives its processes. */
export class LocalWorker {
  readonly url: string;
  /** All it needs and stores, and `worker.log` with what it prints. */
  readonly folder = mkdtempSync(join(tmpdir(), "paloma-"));
  readonly #inspectorPort: number;
  readonly #port: number;
  readonly #metaUrl: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #entry: string;
  readonly #migrations: string;
  #bundle = "";
  #group: ProcessGroup | null = null;
  #isUp = false;
  #upSince = 0;

  /**
   * `settings` beside those of the clinic; `inspectorPort` 0 = none that anybody knows; `entry`, the
   * module to build; `migrations`, the folder of its migrations.
   */
  constructor(
    port: number,
    metaUrl: string,
    {
      settings = {},
      inspectorPort = 0,
      entry = "src/index.ts",
      migrations = "migrations",
    }: {
      settings?: Readonly<Record<string, string>>;
      inspectorPort?: number;
      entry?: string;
      migrations?: string;
    } = {},
  ) {
    this.#inspectorPort = inspectorPort;
    this.#port = port;
    this.#metaUrl = metaUrl;
    this.#settings = settings;
    this.#entry = entry;
    this.#migrations = migrations;
    this.url = `http://localhost:${port}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** When it was up again after the last start, in Unix milliseconds. */
  get upSince(): number {
    return this.#upSince;
  }

  /** Once, before the first start. */
  async prepare(): Promise<void> {
    const hold = (group: ProcessGroup): void => void (this.#group = group);
    this.#bundle = await buildWorker(this.#entry, this.folder, hold, this.#migrations);
    await migrate(hold, this.#places());
  }

  async start(): Promise<void> {
    const logFile = join(this.folder, "worker.log");
    const keep = (line: string): void => appendFileSync(logFile, `${line}\n`);
    this.#group = startWrangler(
      [
        "dev",
        this.#bundle,
        "--no-bundle",
        ...this.#places(),
        `--port=${this.#port}`,
        `--inspector-port=${this.#inspectorPort}`,
        "--log-level=warn",
        `--env-file=${NO_DEV_VARS}`,
        ...Object.entries(this.#settings).map(([name, value]) => `--var=${name}:${value}`),
      ],
      { onOutput: keep, onError: keep, environment: workerEnvironment(this.#metaUrl) },
    );
    await waitUntilUp("The Worker", `${this.url}/health`, this.#group);
    this.#upSince = Date.now();
    this.#isUp = true;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    this.#isUp = false;
    await this.#group?.kill();
  }

  /** Stands still for so long, as a machine does that has no time for it. */
  async standStill(milliseconds: number): Promise<void> {
    this.#group?.freeze();
    await sleep(milliseconds);
    this.#group?.thaw();
  }

  async stop(): Promise<void> {
    this.#isUp = false;
    await this.#group?.stop();
  }

  /** Forgets all that it stored. */
  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #places(): string[] {
    return [`--config=${join(this.folder, "wrangler.toml")}`, `--persist-to=${this.folder}`];
  }
}
