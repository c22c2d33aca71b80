import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "../start/migrate.ts";
import type { ProcessGroup } from "../start/process-group.ts";
import { startWrangler } from "../start/start-wrangler.ts";
import { waitUntilUp } from "../start/wait-until-up.ts";
import { workerEnvironment } from "./local-clinic.ts";

/** Read instead of `.dev.vars`: all settings come from the environment. */
const NO_DEV_VARS = "/dev/null";

/** The Worker under `wrangler dev`, with a database of its own that outlives its processes. */
export class LocalWorker {
  readonly url: string;
  readonly folder = mkdtempSync(join(tmpdir(), "paloma-"));
  readonly #port: number;
  readonly #metaUrl: string;
  #group: ProcessGroup | null = null;
  #isUp = false;
  #upSince = 0;

  constructor(port: number, metaUrl: string) {
    this.#port = port;
    this.#metaUrl = metaUrl;
    this.url = `http://localhost:${port}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Unix milliseconds. */
  get upSince(): number {
    return this.#upSince;
  }

  /** What it prints, and what is left when it ends. */
  get logFile(): string {
    return join(this.folder, "worker.log");
  }

  migrate(): Promise<void> {
    return migrate((group) => (this.#group = group), [`--persist-to=${this.folder}`]);
  }

  async start(): Promise<void> {
    const keep = (line: string): void => appendFileSync(this.logFile, `${line}\n`);
    this.#group = startWrangler(
      [
        "dev",
        `--port=${this.#port}`,
        "--inspector-port=0",
        "--log-level=warn",
        `--env-file=${NO_DEV_VARS}`,
        `--persist-to=${this.folder}`,
      ],
      { onOutput: keep, onError: keep, environment: workerEnvironment(this.#metaUrl) },
    );
    await waitUntilUp("The Worker", `${this.url}/health`, this.#group);
    this.#upSince = Date.now();
    console.error("UP", new Date().toISOString());
    this.#isUp = true;
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    this.#isUp = false;
    console.error("KILL", new Date().toISOString());
    await this.#group?.kill();
    console.error("DEAD", new Date().toISOString());
  }

  async stop(): Promise<void> {
    this.#isUp = false;
    await this.#group?.stop();
  }

  /** Forgets all that it stored. */
  discard(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
