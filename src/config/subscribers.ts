/** The setting `EVENT_SUBSCRIBERS`: the URLs that receive events, with their secrets and types. */
import * as v from "valibot";
import { jsonIn } from "../lib/json.ts";
import { isLocalHost } from "../lib/validate.ts";

/** The types of events that subscribers can receive. */
export const EVENT_TYPES = [
  "message.received",
  "message.status",
  "conversation.created",
  "conversation.updated",
  "template.updated",
  "account.event",
] as const;

/** The type of a test event; nobody can subscribe to it. */
export const TEST_EVENT_TYPE = "paloma.test";

export type EventType = (typeof EVENT_TYPES)[number];

/** The types of a filter: a name is one type, `message.*` all of a kind, `*` all types. */
function eventTypesOf(filter: string): EventType[] {
  if (!filter.endsWith("*")) return EVENT_TYPES.filter((type) => type === filter);
  const kind = filter.slice(0, -1);
  return kind === "" || kind.endsWith(".")
    ? EVENT_TYPES.filter((type) => type.startsWith(kind))
    : [];
}

export type EventSubscriber = {
  /** The address that receives events; it also identifies the subscriber. */
  url: string;
  /** The keys of the signatures, more than one while the operator rotates a secret. */
  secrets: readonly Uint8Array<ArrayBuffer>[];
  types: ReadonlySet<EventType>;
};

export type EventSubscribersResult =
  | { ok: true; subscribers: readonly EventSubscriber[] }
  /** A remedy for each problem; none quotes a secret or an address. */
  | { ok: false; remedies: string[] };

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const SECRET_PREFIX = "whsec_";
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;

const secret = v.pipe(
  v.string("must be text"),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const key = secretKey(dataset.value);
    if (key !== null) return key;
    const message = `must be ${SECRET_PREFIX} and ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} random bytes in base64`;
    addIssue({ message });
    return NEVER;
  }),
);

const url = v.pipe(
  v.string("must be text"),
  v.check(isAddress, "must be an https: address without user, password or #; http: for localhost"),
  v.transform((text) => new URL(text).href),
);

const types = v.pipe(
  v.array(
    v.pipe(
      v.string("must be text"),
      v.check(
        (filter) => eventTypesOf(filter).length > 0,
        `must be one of ${EVENT_TYPES.join(", ")}, or all of a kind as in message.*`,
      ),
    ),
    "must be a list",
  ),
  v.nonEmpty("must name a type; leave it out for all of them"),
  v.transform((filters): ReadonlySet<EventType> => new Set(filters.flatMap(eventTypesOf))),
);

/** Messages by what valibot expected: an object, or no member of this name. */
const ENTRY_PROBLEMS = new Map([
  ["Object", "must be an object of url, secrets and types"],
  ["never", "is no member: write url, secrets and types"],
]);

const subscribers = v.pipe(
  v.array(
    v.strictObject(
      {
        url,
        secrets: v.pipe(v.array(secret, "must be a list"), v.nonEmpty("must hold a secret")),
        types: v.optional(types, ["*"]),
      },
      ({ expected }) => ENTRY_PROBLEMS.get(expected ?? "") ?? "is missing",
    ),
    "must be a JSON list of subscribers",
  ),
  v.check(
    (all) => new Set(all.map((one) => one.url)).size === all.length,
    "must name each url once: put its secrets and types together",
  ),
);

/** An empty text means no subscribers. */
export function parseEventSubscribers(text: string): EventSubscribersResult {
  if (text === "") return { ok: true, subscribers: [] };
  const result = v.safeParse(subscribers, jsonIn(text));
  if (result.success) return { ok: true, subscribers: result.output };
  return {
    ok: false,
    remedies: result.issues.map(({ path, message }) =>
      [...(path ?? []).map(({ key }) => placeOf(key)), message].join(" "),
    ),
  };
}

/** Counts entries from 1, as people do. */
function placeOf(key: unknown): string {
  return typeof key === "number" ? `entry ${key + 1}` : String(key);
}

function isAddress(text: string): boolean {
  const address = URL.parse(text);
  if (address === null || address.hash !== "") return false;
  if (address.username !== "" || address.password !== "") return false;
  return address.protocol === "https:" || (address.protocol === "http:" && isLocalHost(address));
}

function secretKey(text: string): Uint8Array<ArrayBuffer> | null {
  if (!text.startsWith(SECRET_PREFIX)) return null;
  try {
    const key = Uint8Array.from(atob(text.slice(SECRET_PREFIX.length)), (each) =>
      each.charCodeAt(0),
    );
    return key.length >= SECRET_MIN_BYTES && key.length <= SECRET_MAX_BYTES ? key : null;
  } catch {
    return null;
  }
}
