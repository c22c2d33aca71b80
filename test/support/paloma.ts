/** The whole Worker with the simulator in Meta's place: what journeys are played on. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { onTestFinished, vi } from "vitest";
import type { SimulatorOptions } from "../../simulator/settings.ts";
import { createSimulator, type Simulator } from "../../simulator/simulator.ts";
import { afterAnswers } from "./under-way.ts";

export const NUMBER = "106540352242922";
export const OTHER_NUMBER = "206540352242922";
export const APP_SECRET = "test-app-secret";

const BASE_URL = "https://paloma.test";

const TOKENS = {
  clinic: "test-clinic-token",
  reader: "test-reader-token",
  sender: "test-sender-token",
  operator: "test-operator-token",
} as const;

/** Far more than queues and alarms take; a machine under load is slow. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;

/** In real time, also where a test has stopped the clock. */
const wait = scheduler.wait.bind(scheduler);

/** An answer, read; `body` is whatever JSON came, for the test to look into. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
export type Answer = { status: number; headers: Headers; body: any };

export type ApiOptions = {
  token?: keyof typeof TOKENS | null;
  headers?: Record<string, string>;
};

export type Paloma = {
  simulator: Simulator;
  api: (method: string, path: string, body?: unknown, options?: ApiOptions) => Promise<Answer>;
  /** Posts a webhook body signed as Meta signs it. */
  webhook: (body: unknown, options?: { secret?: string; text?: string }) => Promise<Response>;
};

/** A Worker whose Graph calls the simulator answers; nothing waits for real time but queues. */
export function startPaloma(options: Partial<SimulatorOptions> = {}): Paloma {
  const simulator = createSimulator({
    accessToken: "test-access-token",
    appSecret: APP_SECRET,
    verifyToken: "test-verify-token",
    webhookUrl: `${BASE_URL}/webhook`,
    async deliver(request) {
      const answer = await exports.default.fetch(request);
      // Messages are marked as read after the answer, which a test would see sooner or later.
      await afterAnswers();
      return answer;
    },
    automatic: false,
    messagesPerSecond: Number(env.MESSAGES_PER_SECOND),
    businessNumbers: [
      { id: NUMBER, displayPhoneNumber: "+52 998 316 2438", verifiedName: "Pet-Friendly" },
      { id: OTHER_NUMBER, displayPhoneNumber: "+52 998 316 2439", verifiedName: "Pet-Friendly 2" },
    ],
    ...options,
  });
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    simulator.fetch(new Request(input, init)),
  );
  onTestFinished(() => forgetNumbers(simulator));
  return {
    simulator,
    async api(method, path, body, { token = "clinic", headers = {} } = {}) {
      const response = await exports.default.fetch(`${BASE_URL}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${TOKENS[token]}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text.startsWith("{") ? JSON.parse(text) : text,
      };
    },
    async webhook(body, { secret = APP_SECRET, text = JSON.stringify(body) } = {}) {
      const bytes = new TextEncoder().encode(text);
      return exports.default.fetch(`${BASE_URL}/webhook`, {
        method: "POST",
        headers: { "x-hub-signature-256": await sign(bytes, secret) },
        body: bytes,
      });
    },
  };
}

/** What a test made of a business number's pace must not hold the next one up. */
async function forgetNumbers({ calls }: Simulator): Promise<void> {
  const numbers = new Set(calls.flatMap(({ phoneNumberId }) => phoneNumberId ?? []));
  await Promise.all(
    [...numbers].map(async (number) => {
      const stub = env.BUSINESS_NUMBER.getByName(number);
      await runInDurableObject(stub, (_object, state) => state.storage.deleteAll());
      await evictDurableObject(stub);
    }),
  );
}

/** `sha256=` and the HMAC in hex, made independently of the code under test. */
export async function sign(bytes: Uint8Array, secret: string): Promise<string> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return `sha256=${new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes)).toHex()}`;
}

/** Asks again until the answer suits: queues and alarms take their time. */
export async function eventually<Result>(
  ask: () => Promise<Result>,
  suits: (result: Result) => boolean,
): Promise<Result> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await ask();
    if (suits(result)) return result;
    if (performance.now() > end) throw new Error(`never came: last was ${JSON.stringify(result)}`);
    await wait(PAUSE_MS);
  }
}

let customers = 0;

/** A Mexican customer nobody else writes as: storage is shared by all tests of a file. */
export function newCustomer(): string {
  customers += 1;
  const digits = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `521998${String(digits % 1000).padStart(3, "0")}${String(customers).padStart(4, "0")}`;
}
