import type { JsonObject } from "../json.ts";

export const GRAPH_ROUTES = [
  "messages",
  "read",
  "media_upload",
  "media_lookup",
  "media_download",
  "message_templates",
  "other",
] as const;

type GraphRoute = (typeof GRAPH_ROUTES)[number];

/** What rules see of a call before it is handled. */
export interface GraphCall {
  readonly method: string;
  readonly path: string;
  readonly route: GraphRoute;
  readonly phoneNumberId: string | undefined;
  readonly recipient: string | undefined;
  readonly type: string | undefined;
}

/** Where an object itself is read. */
const OBJECT_PATH = /^\/v\d+\.\d+\/(\d+)$/;

const NUMBERED_PATH = /^\/v\d+\.\d+\/([^/]+)\/(messages|media|message_templates)$/;

/** @param isMedia whether an id is not that of a number or account of the business */
export function describeCall(
  method: string,
  path: string,
  body: JsonObject,
  isMedia: (id: string) => boolean,
): GraphCall {
  const [, id, resource] = NUMBERED_PATH.exec(path) ?? [];
  const [, objectId] = OBJECT_PATH.exec(path) ?? [];
  const isLookup = method === "GET" && objectId !== undefined && isMedia(objectId);
  const route = isLookup ? "media_lookup" : routeOf(path, resource, body);
  return {
    method,
    path,
    route,
    phoneNumberId: id,
    recipient: text(body["to"]) ?? text(body["recipient"]),
    type: route === "messages" ? (text(body["type"]) ?? "text") : undefined,
  };
}

function routeOf(path: string, resource: string | undefined, body: JsonObject): GraphRoute {
  if (resource === "messages") return body["status"] === undefined ? "messages" : "read";
  if (resource === "media") return "media_upload";
  if (resource === "message_templates") return "message_templates";
  return path.startsWith("/whatsapp_business/attachments") ? "media_download" : "other";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
