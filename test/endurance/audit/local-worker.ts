import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../../scripts/start/migrate.ts";
import type { ProcessGroup } from "../../../scripts/start/process-group.ts";
import { startWrangler } from "../../../scripts/start/start-wrangler.ts";
import { waitUntilUp } from "../../../scripts/start/wait-until-up.ts";
import { buildWorker } from "./build-worker.ts";
import { workerEnvironment } from "./local-clinic.ts";

/** Read instead of `.dev.vars`: all settings come from the environment. */
const NO_DEV_VARS = "/dev/null";

/** Where a version is: its main module, and the checkout with its configuration and migrations. */
export type Version = { entry: string; checkout: string };

export const THIS_VERSION: Version = { entry: "src/index.ts", checkout: "." };

/** @param folder of its checkout */
export function versionIn(folder: string): Version {
  return { entry: resolve(folder, "src/index.ts"), checkout: resolve(folder) };
}

/** A version that was built: its bundle, and the folder of its configuration and migrations. */
export type BuiltVersion = { bundle: string; folder: string };

/** The Worker under `wrangler dev`, with a database of its own that outlives its processes. */
export class LocalWorker {
  readonly url: string;
  /** All it needs and stores, and `worker.log` with what it prints. */
  readonly folder = mkdtempSync(join(tmpdir(), "paloma-"));
  readonly #inspectorPort: number;
  readonly #port: number;
  readonly #metaUrl: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly #version: Version;
  #built: BuiltVersion;
  #group: ProcessGroup | null = null;
  #isUp = false;
  #upSince = 0;

  /**
   * `settings` beside those of the clinic; `inspectorPort` 0 = none that anybody knows; `entry`, the
   * module to build; `checkout`, the folder of its version.
   */
  constructor(
    port: number,
    metaUrl: string,
    {
      settings = {},
      inspectorPort = 0,
      entry = THIS_VERSION.entry,
      checkout = THIS_VERSION.checkout,
    }: {
      settings?: Readonly<Record<string, string>>;
      inspectorPort?: number;
    } & Partial<Version> = {},
  ) {
    this.#inspectorPort = inspectorPort;
    this.#port = port;
    this.#metaUrl = metaUrl;
    this.#settings = settings;
    this.#version = { entry, checkout };
    this.#built = { bundle: "", folder: this.folder };
    this.url = `http://localhost:${port}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** When it was up again after the last start, in Unix milliseconds. */
  get upSince(): number {
    return this.#upSince;
  }

  /** The version that runs, or would with the next start. */
  get built(): BuiltVersion {
    return this.#built;
  }

  /** Once, before the first start. */
  async prepare(): Promise<void> {
    this.#built = await this.build(this.#version, this.folder);
    await this.migrate();
  }

  /** Builds another version beside the one that runs. */
  async build(
    { entry, checkout }: Version,
    folder = mkdtempSync(join(this.folder, "version-")),
  ): Promise<BuiltVersion> {
    return { bundle: await buildWorker(entry, folder, checkout), folder };
  }

  /** From the next start on this version runs, on what the Worker has stored. */
  become(built: BuiltVersion): void {
    this.#built = built;
  }

  /** Applies the migrations that the database lacks. */
  async migrate(): Promise<void> {
    await migrate((group) => void (this.#group = group), this.#places());
  }

  async start(): Promise<void> {
    const logFile = join(this.folder, "worker.log");
    const keep = (line: string): void => appendFileSync(logFile, `${line}\n`);
    this.#group = startWrangler(
      [
        "dev",
        this.#built.bundle,
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

  /** Runs the cron's work as if it were this time, in Unix milliseconds: nobody else does so here. */
  async runCron(at: number): Promise<void> {
    const answer = await fetch(`${this.url}/cdn-cgi/handler/scheduled?time=${at}`);
    assert.ok(answer.ok, `The cron was answered ${answer.status}.`);
    await answer.body?.cancel();
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
    return [`--config=${join(this.#built.folder, "wrangler.toml")}`, `--persist-to=${this.folder}`];
  }
}
