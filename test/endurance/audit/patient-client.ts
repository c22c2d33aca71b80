import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { JsonAnswer, JsonClient, Method } from "../../../scripts/client/json-client.ts";
import { PlainError } from "../../../scripts/client/plain-error.ts";

const RETRY_PAUSE_MS = 200;
const PATIENCE_MS = 120_000;

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

const problem = v.object({ code: v.string() });

/** An answer that will not change, and what it took to get it. */
export type FinalAnswer = JsonAnswer & {
  /** Whether a connection broke before an answer came. */
  wasInterrupted: boolean;
};

/** The answer to a request that is not repeated; a status of null if the connection broke. */
export type SingleAnswer = { status: number | null; body: unknown; wasInterrupted: boolean };

/** A caller who repeats the same request until it has an answer to rely on. */
export class PatientClient {
  readonly #client: JsonClient;
  #inFlight = 0;

  constructor(client: JsonClient) {
    this.#client = client;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  async call(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<FinalAnswer> {
    const end = Date.now() + PATIENCE_MS;
    let wasInterrupted = false;
    for (;;) {
      const answer = await this.#try(method, path, body, headers);
      if (answer !== null && isFinal(answer)) return { ...answer, wasInterrupted };
      wasInterrupted ||= answer === null;
      if (Date.now() > end) {
        const seen = answer === null ? "no answer" : String(answer.status);
        throw new PlainError(`${method} ${path}: still ${seen} after ${PATIENCE_MS / 1000} s.`);
      }
      await sleep(RETRY_PAUSE_MS);
    }
  }

  /** Takes whatever comes, as who has no key must. */
  async callOnce(method: Method, path: string, body: unknown): Promise<SingleAnswer> {
    const answer = await this.#try(method, path, body, undefined);
    return answer === null
      ? { status: null, body: null, wasInterrupted: true }
      : { ...answer, wasInterrupted: false };
  }

  /** Null if the connection broke. */
  async #try(
    method: Method,
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<JsonAnswer | null> {
    this.#inFlight += 1;
    try {
      return await this.#client.call(method, path, body, headers);
    } catch {
      return null;
    } finally {
      this.#inFlight -= 1;
    }
  }
}

/** The `code` of a problem, null for any other body. */
export function problemCode(body: unknown): string | null {
  const parsed = v.safeParse(problem, body);
  return parsed.success ? parsed.output.code : null;
}

function isFinal({ status, body }: JsonAnswer): boolean {
  if (status >= SERVER_ERROR || status === TOO_MANY_REQUESTS) return false;
  return problemCode(body) !== "idempotency_in_progress";
}
