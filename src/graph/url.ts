/** Builds the URLs of the Graph API, and decides which URLs may receive the token. */
import type { Config } from "../config/config.ts";
import { isLocalHost } from "../lib/validate.ts";

type GraphAddress = Pick<Config, "graphApiBaseUrl" | "graphApiVersion">;

/**
 * Meta's ids are digits; letters, `-` and `_` are accepted too. A text without a digit would be an
 * edge or an alias such as `me`, and one with `.` or `/` another path.
 */
const GRAPH_ID = /^(?=.*\d)[\w-]{1,128}$/;

/** The part of a Graph object that a call addresses. */
type GraphEdge = "messages" | "media" | "message_templates" | "subscribed_apps" | "subscriptions";

/** Meta's own hosts: the Graph API and the media downloads. */
const META_HOSTS: ReadonlySet<string> = new Set(["graph.facebook.com", "lookaside.fbsbx.com"]);

/** Whether a text can be an id in a Graph URL. */
export function isGraphId(text: string): boolean {
  return GRAPH_ID.test(text);
}

/** The URL of an object or of one of its edges; null if the id is not one of Meta's. */
export function graphUrl(
  config: GraphAddress,
  id: string,
  edge: GraphEdge | null,
  query: Readonly<Record<string, string>> = {},
): URL | null {
  return isGraphId(id) ? urlOf(config, edge === null ? [id] : [id, edge], query) : null;
}

/** The URL of Meta's report about a token. */
export function debugTokenUrl(config: GraphAddress, token: string): URL {
  return urlOf(config, ["debug_token"], { input_token: token });
}

function urlOf(
  config: GraphAddress,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
): URL {
  const path = [config.graphApiVersion, ...segments].map(encodeURIComponent).join("/");
  // The base URL may have a path; its credentials, query and fragment are dropped.
  const url = new URL(config.graphApiBaseUrl);
  url.username = "";
  url.password = "";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  url.search = new URLSearchParams(query).toString();
  url.hash = "";
  return url;
}

/** The URL of a media object; a number must own the media. Null if an id is not one of Meta's. */
export function mediaUrl(
  config: GraphAddress,
  mediaId: string,
  phoneNumberId: string | null,
): URL | null {
  if (phoneNumberId === null) return graphUrl(config, mediaId, null);
  if (!isGraphId(phoneNumberId)) return null;
  return graphUrl(config, mediaId, null, { phone_number_id: phoneNumberId });
}

/**
 * Whether the token may go to this URL: the configured base URL's origin and Meta's hosts, over
 * HTTPS, unless the base URL leads to this machine, where a developer runs the simulator.
 */
export function mayReceiveToken(config: GraphAddress, url: URL): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:" && META_HOSTS.has(url.host)) return true;
  if (url.origin !== config.graphApiBaseUrl.origin) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLocalHost(url));
}
