/** The addresses that the token goes to: the one place where they are built and judged. */
import type { Config } from "../config/config.ts";
import { isLocalHost } from "../lib/local-host.ts";

type GraphAddress = Pick<Config, "graphApiBaseUrl" | "graphApiVersion">;

/**
 * Ids of Meta's are digits; letters, `-` and `_` are tolerated. Without a digit it would be an
 * edge or an alias such as `me`, and with `.` or `/` another path.
 */
const GRAPH_ID = /^(?=.*\d)[\w-]{1,128}$/;

/** The part of an object that a call is about. */
type GraphEdge = "messages" | "media" | "message_templates" | "subscribed_apps" | "subscriptions";

/** Meta's own hosts: the Graph API, and where it serves media from. */
const META_HOSTS: ReadonlySet<string> = new Set(["graph.facebook.com", "lookaside.fbsbx.com"]);

/** Whether a text can be an id in a Graph URL. */
export function isGraphId(text: string): boolean {
  return GRAPH_ID.test(text);
}

/** The URL of an object or of one of its edges; null if the id is none. */
export function graphUrl(
  config: GraphAddress,
  id: string,
  edge: GraphEdge | null,
  query: Readonly<Record<string, string>> = {},
): URL | null {
  return isGraphId(id) ? addressOf(config, edge === null ? [id] : [id, edge], query) : null;
}

/** Where Meta tells what a token is worth. */
export function debugTokenUrl(config: GraphAddress, token: string): URL {
  return addressOf(config, ["debug_token"], { input_token: token });
}

function addressOf(
  config: GraphAddress,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
): URL {
  const path = [config.graphApiVersion, ...segments].map(encodeURIComponent).join("/");
  // A base URL may have a path of its own; credentials, query and fragment are not passed on.
  const url = new URL(config.graphApiBaseUrl);
  url.username = "";
  url.password = "";
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  url.search = new URLSearchParams(query).toString();
  url.hash = "";
  return url;
}

/** The URL of a media object; a number in it must own the media. Null if either id is none. */
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
