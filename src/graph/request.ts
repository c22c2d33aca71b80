/** One authorised request to Meta; returns every failure as a value. */
import type { Config } from "../config/config.ts";
import { abortingAfter } from "../lib/deadline.ts";
import { type JsonObject, objectIn } from "../lib/json.ts";
import { readBody } from "../lib/read-body.ts";
import { classify, type GraphError, type GraphErrorClass, parseGraphError } from "./errors.ts";
import type { Withheld } from "./redact.ts";
import { mayReceiveToken } from "./url.ts";

export type GraphFailure = { ok: false; error: GraphError; class: GraphErrorClass };

export type GraphResult<T> = { ok: true; value: T } | GraphFailure;

/** A request, and those of its texts that no error may repeat. */
type GraphRequest = {
  /** Null if an id is not one of Meta's. */
  url: URL | null;
  init?: RequestInit;
  withheld?: readonly Withheld[] | (() => readonly Withheld[]);
  /** How long the answer may take; an upload needs longer. */
  timeoutMs?: number;
  /** For calls with long answers. */
  answerBytesMax?: number;
};

/** Meta answers within a few seconds; after 30 s no answer will come. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Meta's answers contain a few ids and texts: 256 KiB is far more than any of them. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** Meta's media hosts refuse requests without one. */
const USER_AGENT = "Paloma";

/** `Headers` throws for any other character in a token, and its exception may quote the token. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;

/**
 * Sends a request and reads a JSON answer. A lost connection, a timeout or an unreadable success is
 * `ambiguous`: Meta may have acted.
 *
 * @param read extracts the result from the answer; null if the answer does not contain it
 */
export async function requestJson<T>(
  config: Config,
  request: GraphRequest,
  read: (answer: JsonObject) => T | null,
): Promise<GraphResult<T>> {
  return abortingAfter(request.timeoutMs ?? ANSWER_TIMEOUT_MS, async (signal) => {
    const sent = await send(config, request, signal);
    if (!sent.ok) return sent;
    const text = await readText(sent.value, request.answerBytesMax);
    const answer = objectIn(text);
    const value = sent.value.ok && answer !== null ? read(answer) : null;
    return value === null ? failureOf(config, request, sent.value, text) : { ok: true, value };
  });
}

/** Sends a request and returns a success with its body unread: the time limit covers the headers. */
export async function requestStream(
  config: Config,
  request: GraphRequest,
): Promise<GraphResult<Response>> {
  return abortingAfter(request.timeoutMs ?? ANSWER_TIMEOUT_MS, async (signal) => {
    const sent = await send(config, request, signal);
    if (!sent.ok || sent.value.ok) return sent;
    return failureOf(config, request, sent.value, await readText(sent.value));
  });
}

async function send(
  config: Config,
  { url, init, timeoutMs = ANSWER_TIMEOUT_MS }: GraphRequest,
  signal: AbortSignal,
): Promise<GraphResult<Response>> {
  if (url === null) return withoutAnswer("permanent", "Not sent: an id in it is not one of Meta's");
  if (!mayReceiveToken(config, url)) {
    return withoutAnswer("operator", "Not sent: GRAPH_API_BASE_URL must begin with https://");
  }
  if (!HEADER_VALUE.test(config.accessToken)) {
    return withoutAnswer("operator", "Not sent: WHATSAPP_ACCESS_TOKEN is no token of Meta's");
  }
  const headers = new Headers(init?.headers);
  headers.set("authorization", `Bearer ${config.accessToken}`);
  headers.set("user-agent", USER_AGENT);
  try {
    // Following a redirect would send the token to another host.
    return { ok: true, value: await fetch(url, { ...init, headers, signal, redirect: "manual" }) };
  } catch {
    // The exception may quote the request.
    return withoutAnswer(
      "ambiguous",
      signal.aborted
        ? `Meta did not answer within ${timeoutMs} ms`
        : "The connection to Meta was lost before the answer came",
    );
  }
}

function failureOf(
  config: Config,
  { withheld = [] }: GraphRequest,
  response: Response,
  text: string | null,
): GraphFailure {
  const texts = typeof withheld === "function" ? withheld() : withheld;
  const error = parseGraphError(response, text, [config.accessToken, ...texts], Date.now());
  return { ok: false, error, class: classify(error) };
}

/** A failure without an answer from Meta. */
export function withoutAnswer(errorClass: GraphErrorClass, message: string): GraphFailure {
  return {
    ok: false,
    class: errorClass,
    error: {
      code: null,
      message,
      details: null,
      fbtrace_id: null,
      http_status: null,
      retry_after_seconds: null,
    },
  };
}

/** The answer as text; null if it is too long or incomplete. */
async function readText(response: Response, bytesMax = ANSWER_BYTES_MAX): Promise<string | null> {
  try {
    const bytes = await readBody(response, bytesMax);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  } catch {
    return null;
  }
}
