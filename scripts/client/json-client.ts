/** An answer, read; `body` is null where there was none. */
export type JsonAnswer = { status: number; body: unknown };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type JsonClient = {
  call(
    method: Method,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<JsonAnswer>;
  /** The bytes at a path, and the status they came with. */
  bytes(path: string): Promise<{ status: number; bytes: Uint8Array }>;
};

const TIMEOUT_MS = 20_000;

/** Speaks JSON with a server; a token goes along as `Authorization: Bearer`. */
export function createJsonClient(
  baseUrl: string,
  token: string | null,
  timeoutMs = TIMEOUT_MS,
): JsonClient {
  const authorization: Record<string, string> =
    token === null ? {} : { authorization: `Bearer ${token}` };
  const request = (path: string, init: RequestInit): Promise<Response> =>
    fetch(new URL(path, baseUrl), { ...init, signal: AbortSignal.timeout(timeoutMs) });
  return {
    async call(method, path, body, headers = {}) {
      const response = await request(path, {
        method,
        headers: { ...authorization, "content-type": "application/json", ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      const isJson = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
      const answer: unknown = isJson ? JSON.parse(text) : text || null;
      return { status: response.status, body: answer };
    },
    async bytes(path) {
      const response = await request(path, { headers: authorization });
      return { status: response.status, bytes: await response.bytes() };
    },
  };
}
