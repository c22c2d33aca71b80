/** A browser of the staff, as far as the Worker sees it: it keeps its cookie, and says whose page asks. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { app } from "../../src/app.ts";
import type { Answer } from "./paloma.ts";

/** Headers of a request that the inbox's own page makes. */
export const OWN_PAGE = { "x-paloma-inbox": "1", "sec-fetch-site": "same-origin" };

type AskOptions = {
  headers?: Record<string, string>;
  /** Bytes of a file; the body is JSON otherwise. */
  file?: Uint8Array<ArrayBuffer>;
};

export type Browser = {
  /** The cookie that it would send, `name=value`; null if it has none. */
  cookie: string | null;
  ask: (
    method: string,
    path: string,
    body?: unknown,
    options?: AskOptions,
  ) => Promise<Answer & { cookies: string[] }>;
  signIn: (token?: string) => Promise<Answer & { cookies: string[] }>;
};

/** @param changes settings and bindings in the place of the tests' own */
export function openBrowser(changes: object = {}, origin = "https://paloma.test"): Browser {
  const browser: Browser = {
    cookie: null,
    async ask(method, path, body, { headers = {}, file } = {}) {
      const request = new Request(`${origin}${path}`, {
        method,
        redirect: "manual",
        headers: {
          ...OWN_PAGE,
          ...(browser.cookie === null ? {} : { cookie: `other=1; ${browser.cookie}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(file === undefined ? {} : { body: file }),
      });
      const response = await app.fetch(request, { ...env, ...changes }, createExecutionContext());
      const cookies = response.headers.getSetCookie();
      for (const cookie of cookies) {
        const pair = /^[^;]*/.exec(cookie)?.[0] ?? "";
        browser.cookie = cookie.includes("Max-Age=0") ? null : pair;
      }
      const text = new TextDecoder().decode(await response.bytes());
      return {
        status: response.status,
        headers: response.headers,
        body: text.startsWith("{") ? JSON.parse(text) : text,
        cookies,
      };
    },
    signIn: (token = "test-clinic-token") => browser.ask("POST", "/inbox/session", { token }),
  };
  return browser;
}
