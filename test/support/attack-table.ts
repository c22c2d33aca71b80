/** Every route, and what an attacker or an accident sends to each. */
import type { Scope } from "../../src/config/api-tokens.ts";

/** Stands in every text that an attack gives: no log line may have it. */
export const MARKER = "marca-secreta-7f3a";

export type Route = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As the app registers it. */
  pattern: string;
  /** What its token may do; null where it asks for none. */
  scope: Scope | null;
  /** A JSON body that would do, where the route reads one. */
  body?: object;
  /** The body with a text as long as the attacker likes, where it may have one. */
  bodyWith?: (text: string) => object;
  /** Filters of a list. */
  filters?: readonly string[];
  /** Refuses in Graph's shape and with Graph's statuses. */
  graph?: true;
  /** Answers everybody the same, whatever they add to it. */
  page?: true;
  /** Takes only what Meta signed. */
  signed?: true;
  /** Takes a file. */
  upload?: true;
  /** Asks for a session of the inbox instead of a token. */
  staff?: true;
  /** The inbox's page, whatever stands behind its address. */
  shell?: true;
};

/** What stands before every Graph-compatible route, as the app registers it. */
const GRAPH_PREFIX = "/:version{v\\d+\\.\\d+}";

const SEND = { to: "+529982220001", text: { body: "Hola" } };

/** What programs and the staff may ask. */
const RESOURCES: readonly Route[] = [
  {
    method: "POST",
    pattern: "/v1/messages",
    scope: "send",
    body: SEND,
    bodyWith: (text) => ({ ...SEND, text: { body: text } }),
  },
  {
    method: "POST",
    pattern: "/v1/messages/batch",
    scope: "send",
    body: { messages: [SEND] },
    bodyWith: (text) => ({ messages: text }),
  },
  { method: "GET", pattern: "/v1/messages/:id", scope: "read" },
  { method: "DELETE", pattern: "/v1/messages/:id", scope: "send" },
  { method: "POST", pattern: "/v1/messages/:id/resend", scope: "send" },
  {
    method: "POST",
    pattern: "/v1/messages/:id/read",
    scope: "send",
    body: { typing: true },
    bodyWith: (text) => ({ typing: text }),
  },
  {
    method: "GET",
    pattern: "/v1/conversations",
    scope: "read",
    filters: ["status", "unread", "owner", "contact", "phone_number_id", "q", "view", "include"],
  },
  { method: "GET", pattern: "/v1/conversations/:id", scope: "read" },
  {
    method: "PATCH",
    pattern: "/v1/conversations/:id",
    scope: "send",
    body: { status: "closed" },
    bodyWith: (text) => ({ subject: text, owner: text, assignee: text }),
  },
  {
    method: "GET",
    pattern: "/v1/conversations/:id/messages",
    scope: "read",
    filters: ["after", "around"],
  },
  { method: "GET", pattern: "/v1/counts", scope: "read" },
  {
    method: "POST",
    pattern: "/v1/conversations/:id/read",
    scope: "send",
    body: {},
    bodyWith: (text) => ({ up_to: text }),
  },
  { method: "GET", pattern: "/v1/contacts/:address", scope: "read" },
  {
    method: "PUT",
    pattern: "/v1/contacts/:address",
    scope: "send",
    body: { name: "Ana Ñúñez" },
    bodyWith: (text) => ({ name: text, owner: text }),
  },
  { method: "DELETE", pattern: "/v1/contacts/:address", scope: "admin" },
  { method: "GET", pattern: "/v1/contacts/:address/export", scope: "admin" },
  { method: "POST", pattern: "/v1/media", scope: "send", upload: true },
  { method: "GET", pattern: "/v1/media/:id", scope: "read" },
  { method: "POST", pattern: "/v1/media/:id/link", scope: "read" },
  { method: "GET", pattern: "/v1/templates", scope: "read", filters: [] },
  {
    method: "POST",
    pattern: "/v1/templates/preview",
    scope: "read",
    body: { name: "order_ready" },
    bodyWith: (text) => ({ name: text, params: { name: text } }),
  },
  { method: "POST", pattern: "/v1/templates/sync", scope: "admin" },
  { method: "POST", pattern: "/v1/templates/push", scope: "admin" },
  { method: "GET", pattern: "/v1/doctor", scope: "admin" },
];

export const ROUTES: readonly Route[] = [
  ...RESOURCES,
  ...RESOURCES.map((route) => ({
    ...route,
    pattern: route.pattern.replace("/v1/", "/inbox/api/"),
    staff: true as const,
  })),
  { method: "GET", pattern: "/inbox/api/me", scope: "read", staff: true },
  { method: "GET", pattern: "/inbox/api/staff", scope: "read", staff: true },
  {
    method: "GET",
    pattern: "/inbox/api/changes",
    scope: "read",
    filters: ["after"],
    staff: true,
  },
  { method: "GET", pattern: "/inbox/feed", scope: "read", filters: ["after"], staff: true },
  {
    method: "POST",
    pattern: "/inbox/session",
    scope: null,
    body: { token: "marca" },
    bodyWith: (text) => ({ token: text }),
  },
  { method: "DELETE", pattern: "/inbox/session", scope: null },
  { method: "GET", pattern: "/inbox", scope: null, shell: true },
  { method: "GET", pattern: "/inbox/c/:id{.+}", scope: null, shell: true },
  { method: "GET", pattern: "/inbox/status", scope: null, shell: true },
  { method: "GET", pattern: "/inbox/assets/:name{[\\w.-]+}", scope: null },
  { method: "GET", pattern: "/v1/events", scope: "read", filters: ["field"] },
  { method: "GET", pattern: "/v1/dead-letters", scope: "admin", filters: [] },
  { method: "POST", pattern: "/v1/dead-letters/:id/replay", scope: "admin" },
  {
    method: "POST",
    pattern: "/v1/subscribers/test",
    scope: "admin",
    body: {},
    bodyWith: (text) => ({ url: text }),
  },
  {
    method: "POST",
    pattern: `${GRAPH_PREFIX}/:phone_number_id/messages`,
    scope: "send",
    body: SEND,
    bodyWith: (text) => ({ ...SEND, text: { body: text } }),
    graph: true,
  },
  {
    method: "POST",
    pattern: `${GRAPH_PREFIX}/:phone_number_id/media`,
    scope: "send",
    upload: true,
    graph: true,
  },
  { method: "GET", pattern: `${GRAPH_PREFIX}/:media_id`, scope: "read", graph: true },
  { method: "DELETE", pattern: `${GRAPH_PREFIX}/:media_id`, scope: "send", graph: true },
  {
    method: "GET",
    pattern: `${GRAPH_PREFIX}/:waba_id/message_templates`,
    scope: "read",
    graph: true,
  },
  { method: "GET", pattern: "/", scope: null },
  { method: "GET", pattern: "/health", scope: null, page: true },
  { method: "GET", pattern: "/openapi.json", scope: null, page: true },
  { method: "GET", pattern: "/docs", scope: null, page: true },
  { method: "GET", pattern: "/webhook", scope: null },
  { method: "POST", pattern: "/webhook", scope: null, signed: true },
];

export type AttackRequest = {
  path: string;
  /** The route's own unless it is given. */
  method?: string;
  token?: string | null;
  /** The known token in the way of this door, whatever the route asks for. */
  proof?: "token" | "session";
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
};

export type Attack = {
  name: string;
  /** The requests it makes of a route; none where the route has nothing to attack this way. */
  requests: (route: Route) => AttackRequest[];
  /** Statuses that refuse it. */
  refusedWith: readonly number[];
};

const TEXT_BYTES = 1024 * 1024;
const ID_BYTES = 100 * 1024;
const DEPTH = 100_000;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];

const MORE_PATH = [
  "//",
  `/${MARKER}/${MARKER}`,
  `/%2e%2e%2f${MARKER}/`,
  `/${"x".repeat(ID_BYTES)}/`,
];

/** The beginning of any gzip. */
const GZIPPED = Uint8Array.of(0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00);

const FORGED_SIGNATURES = [
  "",
  "sha256=",
  `sha256=${"0".repeat(64)}`,
  `sha1=${"0".repeat(40)}`,
  `sha256=${MARKER}`,
  `sha256=${"f".repeat(ID_BYTES / 10)}`,
];

/** Headers as another site's requests have them; an empty one is left out. */
const FORGERIES: readonly Record<string, string>[] = [
  { "x-paloma-inbox": "" },
  { "x-paloma-inbox": "true" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "none" },
  { "sec-fetch-site": "cross-site", origin: "https://paloma.test" },
  { "sec-fetch-site": "" },
  { "sec-fetch-site": "", origin: "null" },
  { "sec-fetch-site": "", origin: "https://evil.example" },
  { "sec-fetch-site": "", origin: "http://paloma.test" },
  { "sec-fetch-site": "", origin: "https://paloma.test.evil.example" },
];

const FORM_TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain; application/json",
  "application/jsonp",
];

/** An id in good shape that nobody has. */
const UNKNOWN_ID = "529982220009";

const INJECTIONS = [
  `' OR '1'='1' -- ${MARKER}`,
  `"; DROP TABLE messages; -- ${MARKER}`,
  `%' UNION SELECT token FROM ${MARKER} --`,
];

export const ATTACKS: readonly Attack[] = [
  {
    name: "no token",
    requests: withTokens(() => [null]),
    refusedWith: [401],
  },
  {
    name: "a short token, a long one, or one with a scope in it",
    requests: withTokens(() => [
      "t",
      `test-clinic-token-${MARKER}`,
      "test-reader-token:admin",
      MARKER.repeat(5000),
    ]),
    refusedWith: [401],
  },
  {
    name: "a token in the address",
    requests: withTokens(
      () => [null],
      "?token=test-clinic-token&authorization=Bearer%20test-clinic-token",
    ),
    refusedWith: [401],
  },
  {
    name: "a token of another scope",
    requests: withTokens(({ scope }) => [
      scope === "read" ? "test-sender-token" : "test-reader-token",
    ]),
    refusedWith: [403],
  },
  {
    name: "the proof of the other door",
    requests: (route) =>
      withTokens(() => [null])(route).map((request) => ({
        ...request,
        proof: route.staff ? "token" : "session",
      })),
    refusedWith: [401],
  },
  {
    name: "a request that another site has made",
    requests: (route) =>
      (isGuarded(route) ? FORGERIES : []).map((headers) => ({
        path: pathOf(route),
        headers,
        ...bodyOf(route.body),
      })),
    refusedWith: [403],
  },
  {
    name: "a body as a form sends it",
    requests: (route) =>
      (isGuarded(route) && route.upload === undefined ? FORM_TYPES : []).map((type) => ({
        path: pathOf(route),
        headers: { "content-type": type },
        body: JSON.stringify(route.body ?? {}),
      })),
    refusedWith: [415],
  },
  {
    name: "a signature that is not Meta's",
    requests: ({ signed, ...route }) =>
      signed === undefined
        ? []
        : FORGED_SIGNATURES.map((signature) => ({
            path: pathOf(route),
            headers: { "x-hub-signature-256": signature },
            body: `{"entry":"${MARKER}"}`,
          })),
    refusedWith: [403],
  },
  {
    name: "a method that it does not have",
    requests: (route) =>
      METHODS.filter((method) => !hasRoute(method, route)).map((method) => ({
        path: pathOf(route),
        method,
      })),
    refusedWith: [405],
  },
  {
    name: "more path than it has",
    requests: ({ shell, ...route }) =>
      (shell === undefined ? MORE_PATH : []).map((more) => ({ path: `${pathOf(route)}${more}` })),
    // What is too much for one route may be an id for another, by another method.
    refusedWith: [404, 405],
  },
  {
    name: "a member of the query that it does not know",
    requests: withStrictQueries(() => [
      `${MARKER}=1`,
      `__proto__=${MARKER}`,
      `limit[]=${MARKER}`,
      `state=${MARKER}&page=2`,
      `${"q".repeat(ID_BYTES)}=1`,
    ]),
    refusedWith: [422],
  },
  {
    name: "a member of the query given twice",
    requests: withStrictQueries(({ filters = [] }) =>
      ["limit", ...filters].map((name) => `${name}=1&${name}=1`),
    ),
    refusedWith: [422],
  },
  {
    name: "a body that is compressed",
    requests: ({ body, upload, ...route }) =>
      body === undefined && upload === undefined
        ? []
        : ["gzip", "br", "identity, deflate", MARKER].map((encoding) => ({
            path: pathOf(route),
            headers: { "content-encoding": encoding },
            body: GZIPPED,
          })),
    refusedWith: [415],
  },
  {
    name: "a body that is not JSON",
    requests: withBodies([
      MARKER,
      `{"text":"${MARKER}`,
      `{'text':'${MARKER}'}`,
      "\u0000",
      "NaN",
      Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d),
    ]),
    refusedWith: [400, 422],
  },
  {
    name: "a body that is no object",
    requests: withBodies([`["${MARKER}"]`, `"${MARKER}"`, "7", "null", "true"]),
    refusedWith: [422],
  },
  {
    name: "__proto__ and members nobody knows",
    requests: withBodies([
      `{"${MARKER}":1}`,
      `{"__proto__":{"admin":true},"${MARKER}":1}`,
      `{"constructor":{"prototype":{"admin":true}},"${MARKER}":1}`,
    ]),
    refusedWith: [422],
  },
  {
    name: "a text of 1 MB",
    requests: ({ bodyWith, ...route }) =>
      bodyWith === undefined
        ? []
        : [{ path: pathOf(route), ...bodyOf(bodyWith(MARKER.repeat(TEXT_BYTES / MARKER.length))) }],
    refusedWith: [404, 422],
  },
  {
    name: "JSON that nests deeply",
    requests: withBodies([
      "[".repeat(DEPTH) + "]".repeat(DEPTH),
      `{"a":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`,
      `${'{"0":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
      `{"to":"+529982220001","text":${'{"body":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}}`,
      `{"to":"+529982220001","text":{"body":"Hola","x":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}}`,
      `{"to":"+529982220001","text":{"body":"Hola"},"metadata":${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}}`,
    ]),
    refusedWith: [400, 422],
  },
  {
    name: "more than 10 MB",
    requests: withBodies([" ".repeat(10 * TEXT_BYTES + 1)]),
    refusedWith: [413],
  },
  {
    name: "SQL in the id",
    requests: withIds(INJECTIONS.map(encodeURIComponent)),
    refusedWith: [404, 422],
  },
  {
    name: "a header in the id",
    requests: withIds([`1%0d%0aX-Evil:%20${MARKER}`, `1%0aSet-Cookie:%20${MARKER}`]),
    refusedWith: [404, 422],
  },
  {
    name: "another path in the id",
    requests: withIds([
      `..%2f..%2f${MARKER}`,
      `..%2F..%2Fme%3Faccess_token=${MARKER}`,
      `%2e%2e%2f${MARKER}`,
      `..%5c${MARKER}`,
      `%252e%252e%252f${MARKER}`,
    ]),
    refusedWith: [404, 422],
  },
  {
    name: "bytes that are no text in the id",
    requests: withIds([
      `%00${MARKER}`,
      `%ff%fe${MARKER}`,
      `%ED%A0%80${MARKER}`,
      `%zz${MARKER}`,
      "%",
    ]),
    refusedWith: [404, 422],
  },
  {
    name: "an id of 100 KB",
    requests: withIds([MARKER.repeat(ID_BYTES / MARKER.length), "5".repeat(ID_BYTES)]),
    refusedWith: [404, 414, 422],
  },
  {
    name: "a forged cursor",
    requests: withQueries([
      "cursor=",
      `cursor=${MARKER}`,
      `cursor=${btoa(`["${MARKER}","x"]`)}`,
      `cursor=${btoa(`[0,{"$ne":"${MARKER}"}]`)}`,
      `cursor=${btoa("[1e999,1]")}`,
      `cursor=${"A".repeat(ID_BYTES)}`,
    ]),
    refusedWith: [422],
  },
  {
    name: "a limit that is none",
    requests: withQueries(["0", "201", "-1", "1;DROP", "1e9", MARKER].map((n) => `limit=${n}`)),
    refusedWith: [422],
  },
];

/** What a page answers as if it were not there. */
export function unheeded({ page, ...route }: Route): AttackRequest[] {
  if (page === undefined) return [];
  const path = pathOf(route);
  return [
    { path, token: MARKER },
    { path: `${path}?${MARKER}=<script>alert(1)</script>&callback=${MARKER}` },
    { path: `${path}?${"q".repeat(ID_BYTES)}` },
    { path, headers: { "x-forwarded-host": MARKER, "x-http-method-override": "DELETE" } },
  ];
}

/** Filters with SQL in them: none is refused, and none finds anything. */
export function injectedFilters({ filters = [], ...route }: Route): AttackRequest[] {
  return filters.flatMap((filter) =>
    INJECTIONS.map((injection) => ({
      path: `${pathOf(route)}?${filter}=${encodeURIComponent(injection)}`,
    })),
  );
}

function withTokens(
  tokensFor: (route: Route) => readonly (string | null)[],
  query = "",
): Attack["requests"] {
  return (route) =>
    route.scope === null
      ? []
      : tokensFor(route).map((token) => ({
          path: `${pathOf(route)}${query}`,
          token,
          ...bodyOf(route.body),
        }));
}

function withBodies(bodies: readonly (string | Uint8Array<ArrayBuffer>)[]): Attack["requests"] {
  return (route) =>
    route.body === undefined ? [] : bodies.map((body) => ({ path: pathOf(route), body }));
}

function withIds(ids: readonly string[]): Attack["requests"] {
  return (route) =>
    route.pattern.includes(":") && route.shell === undefined
      ? ids.map((id) => ({ path: pathOf(route, id), ...bodyOf(route.body) }))
      : [];
}

function withQueries(queries: readonly string[]): Attack["requests"] {
  return (route) =>
    route.filters === undefined
      ? []
      : queries.map((query) => ({ path: `${pathOf(route)}?${query}` }));
}

/** Graph's clients may add what they like, and so may whoever asks without a token. */
function withStrictQueries(queriesFor: (route: Route) => readonly string[]): Attack["requests"] {
  return (route) =>
    route.scope === null || route.graph
      ? []
      : queriesFor(route).map((query) => ({
          path: `${pathOf(route)}?${query}`,
          ...bodyOf(route.body),
        }));
}

/** A request that would do, with a slash at the end and without. */
export function withSlash(route: Route): [plain: AttackRequest, withSlash: AttackRequest] {
  const path = pathOf(route);
  const body = bodyOf(route.body);
  return [
    { path, ...body },
    { path: `${path}/`, ...body },
  ];
}

/** Changes something for whoever has signed in. */
function isGuarded({ method, pattern }: Pick<Route, "method" | "pattern">): boolean {
  return method !== "GET" && pattern.startsWith("/inbox/");
}

function hasRoute(method: string, { pattern }: Pick<Route, "pattern">): boolean {
  return ROUTES.some((route) => route.method === method && route.pattern === pattern);
}

function pathOf({ pattern }: Pick<Route, "pattern">, id = UNKNOWN_ID): string {
  return pattern.replace(GRAPH_PREFIX, "/v25.0").replace(/:\w+(?:\{[^}]*\})?/, () => id);
}

function bodyOf(body: object | undefined): { body?: string } {
  return body === undefined ? {} : { body: JSON.stringify(body) };
}
