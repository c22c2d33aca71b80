/** One authorised request to Meta; every failure comes back as a value. */
import type { Config } from "../config/config.ts";
import type { JsonObject } from "../lib/json.ts";
import {
  classify,
  type GraphError,
  type GraphErrorClass,
  parseGraphError,
  parseObject,
} from "./errors.ts";
import type { Withheld } from "./redact.ts";
import { mayReceiveToken } from "./url.ts";

export type GraphFailure = { ok: false; error: GraphError; class: GraphErrorClass };

export type GraphResult<T> = { ok: true; value: T } | GraphFailure;

/** A request, and the text of it that no error may repeat. */
type GraphRequest = {
  /** Null where an id was refused. */
  url: URL | null;
  init: RequestInit;
  withheld: readonly Withheld[];
  /** How long the answer may take; an upload has more to send. */
  timeoutMs?: number;
  /** Where an answer may be longer than most. */
  answerBytesMax?: number;
};

/** Meta answers within a few seconds; what takes longer than 30 s is lost. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Answers hold a few ids and texts: more than 256 KiB is none of Meta's. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** Meta's media hosts turn away requests without one. */
const USER_AGENT = "Paloma";

/** Anything else in a token makes `Headers` throw, and the exception may quote it. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;

/**
 * Sends and reads a JSON answer. A lost connection, a timeout or a success that can't be read is
 * `ambiguous`: Meta may have acted.
 *
 * @param read takes what is wanted out of the answer, or null if it is not there
 */
export async function requestJson<T>(
  config: Config,
  request: GraphRequest,
  read: (answer: JsonObject) => T | null,
): Promise<GraphResult<T>> {
  return withinTimeout(request, async (signal) => {
    const sent = await send(config, request, signal);
    if (!sent.ok) return sent;
    const text = await readText(sent.value, request.answerBytesMax);
    const answer = parseObject(text);
    const value = sent.value.ok && answer !== null ? read(answer) : null;
    return value === null ? failureOf(config, request, sent.value, text) : { ok: true, value };
  });
}

/** Sends and hands a success's body over as it comes: the time limit ends with its headers. */
export async function requestStream(
  config: Config,
  request: GraphRequest,
): Promise<GraphResult<Response>> {
  return withinTimeout(request, async (signal) => {
    const sent = await send(config, request, signal);
    if (!sent.ok || sent.value.ok) return sent;
    return failureOf(config, request, sent.value, await readText(sent.value));
  });
}

/** Clears its timer, as AbortSignal.timeout does not: a pending one keeps a Durable Object awake. */
async function withinTimeout<Result>(
  { timeoutMs = ANSWER_TIMEOUT_MS }: GraphRequest,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    return await work(deadline.signal);
  } finally {
    clearTimeout(timer);
  }
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
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${config.accessToken}`);
  headers.set("user-agent", USER_AGENT);
  try {
    // A redirect followed would carry the token to wherever it points.
    return { ok: true, value: await fetch(url, { ...init, headers, signal, redirect: "manual" }) };
  } catch {
    // The exception's text is not ours: it may quote the request.
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
  { withheld }: GraphRequest,
  response: Response,
  text: string | null,
): GraphFailure {
  const error = parseGraphError(response, text, [config.accessToken, ...withheld], Date.now());
  return { ok: false, error, class: classify(error) };
}

/** A failure without an answer of Meta's. */
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

/** The answer as text; null if it is too long or breaks off. */
async function readText(response: Response, bytesMax = ANSWER_BYTES_MAX): Promise<string | null> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      // Leaving the loop cancels the body.
      if (bytes > bytesMax) return null;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return null;
  }
  return text + decoder.decode();
}
