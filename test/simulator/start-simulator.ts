import type { JsonObject } from "../../simulator/json.ts";
import { isJsonObject } from "../../simulator/json.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import type { Simulator } from "../../simulator/simulator.ts";
import type { SimulatorOptions } from "../../simulator/settings.ts";

export const TOKEN = "token-of-the-clinic";
export const APP_SECRET = "app-secret-of-the-clinic";
export const NUMBER = "106540352242922";
export const ACCOUNT = "102290129340398";
export const ANA = "5219982220001";
/** 2026-11-23 16:00 UTC. */
export const NOON_MS = Date.UTC(2026, 10, 23, 16);
export const HOUR_MS = 60 * 60 * 1000;

export interface GraphReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
  /** `error.code`, undefined when the call was accepted. */
  readonly code: unknown;
  readonly details: unknown;
  /** Wamid of the accepted message. */
  readonly wamid: string;
}

export interface TestBench {
  readonly simulator: Simulator;
  /** Requests that the business's server got, with their bodies. */
  readonly received: { readonly request: Request; readonly text: string }[];
  /** All changes received so far. */
  readonly changes: () => { field: unknown; value: JsonObject }[];
  /** Moves the clock. */
  readonly pass: (milliseconds: number) => void;
  readonly graph: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<GraphReply>;
  /** Sends to Ana; `content` is the message without the envelope. */
  readonly send: (content: JsonObject, headers?: Record<string, string>) => Promise<GraphReply>;
  /** Lets Ana write, which opens the window. */
  readonly openWindow: () => Promise<string>;
}

/** A simulator without timers, with a clock that stands still until `pass`. */
export function startSimulator(options: Partial<SimulatorOptions> = {}): TestBench {
  let now = NOON_MS;
  const received: TestBench["received"] = [];
  const simulator = createSimulator({
    accessToken: TOKEN,
    appSecret: APP_SECRET,
    verifyToken: "verify-me",
    webhookUrl: "https://paloma.test/webhook",
    automatic: false,
    now: () => now,
    randomSeed: 7,
    ...options,
    deliver: async (request) => {
      received.push({ request, text: await request.clone().text() });
      return options.deliver === undefined
        ? new Response("EVENT_RECEIVED")
        : options.deliver(request);
    },
  });

  const graph: TestBench["graph"] = async (method, path, body, headers = {}) => {
    const response = await simulator.fetch(
      new Request(`https://graph.facebook.com/v25.0/${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${TOKEN}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
    return graphReply(response);
  };

  return {
    simulator,
    received,
    graph,
    changes: () => received.flatMap(({ text }) => changesIn(text)),
    pass(milliseconds) {
      now += milliseconds;
    },
    send: (content, headers) =>
      graph(
        "POST",
        `${NUMBER}/messages`,
        { messaging_product: "whatsapp", to: `+${ANA}`, ...content },
        headers,
      ),
    openWindow: () =>
      simulator.customers.write({
        from: ANA,
        name: "Ana Ñúñez",
        content: { type: "text", body: "Hola" },
      }),
  };
}

export async function graphReply(response: Response): Promise<GraphReply> {
  const text = await response.text();
  const parsed: unknown = text === "" ? {} : JSON.parse(text);
  const body = object(parsed);
  const error = object(body["error"]);
  const [message] = list(body["messages"]);
  return {
    status: response.status,
    headers: response.headers,
    body,
    code: error["code"],
    details: object(error["error_data"])["details"],
    wamid: String(object(message)["id"]),
  };
}

export function object(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function changesIn(text: string): { field: unknown; value: JsonObject }[] {
  return list(object(JSON.parse(text))["entry"])
    .flatMap((entry) => list(object(entry)["changes"]))
    .map((change) => ({ field: object(change)["field"], value: object(object(change)["value"]) }));
}

/** The statuses in the order in which the business heard of them. */
export function statusesOf(bench: TestBench): JsonObject[] {
  return bench.changes().flatMap(({ value }) => list(value["statuses"]).map(object));
}

export function messagesOf(bench: TestBench): JsonObject[] {
  return bench.changes().flatMap(({ value }) => list(value["messages"]).map(object));
}
