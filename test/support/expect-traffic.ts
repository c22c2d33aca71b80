/** Holds a request and its answer against `openapi.json`, as far as they are JSON, and against caches. */
import { expectDocumented } from "./expect-documented.ts";

const REFERENCE = new Set(["/openapi.json", "/docs"]);

const PAGE = /^\/inbox(?:\/|\/c\/.*|\/status\/?|\/assets\/.*)?$/;

const KEPT_FILE = new Set(["private", "private, max-age=31536000, immutable"]);

const JSON_TYPE = /^application\/(?:[\w.]+\+)?json\b/;

/** Of what will be read here, a copy; of anything else that very message. */
export function copyToRead<Message extends Request | Response>(message: Message): Message;
export function copyToRead(message: Request | Response): Request | Response {
  return isJson(message) ? message.clone() : message;
}

/** Rejects with what the document does not know, or a cache might keep; reads both messages. */
export async function expectTraffic(asked: Request, answered: Response): Promise<void> {
  expectNotStored(asked, answered);
  expectDocumented({
    method: asked.method,
    url: new URL(asked.url),
    request: await readJson(asked),
    status: answered.status,
    contentType: answered.headers.get("content-type") ?? "",
    answer: await readJson(answered),
  });
}

/** Only what Paloma says of itself may be shared, and only files may be kept, by whoever got them. */
function expectNotStored({ url }: Request, answered: Response): void {
  const { pathname } = new URL(url);
  const caching = answered.headers.get("cache-control") ?? "";
  // 304 says that the one at hand may be kept further.
  const isShown = answered.ok || answered.status === 304;
  const isReference = REFERENCE.has(pathname.replace(/\/$/, "")) && isShown;
  const isFile = KEPT_FILE.has(caching) && !isJson(answered);
  // The page and its scripts are the same for everybody.
  const isPage = PAGE.test(pathname) && isShown;
  if (isReference || isFile || isPage || caching === "no-store") return;
  throw new Error(`a cache may keep the answer of ${pathname}: ${caching}`);
}

function isJson({ headers }: Request | Response): boolean {
  return JSON_TYPE.test(headers.get("content-type") ?? "");
}

/** Undefined where there is none, or what there is can't be read as such. */
async function readJson(message: Request | Response): Promise<unknown> {
  try {
    return isJson(message) ? await message.json() : undefined;
  } catch {
    return undefined;
  }
}
