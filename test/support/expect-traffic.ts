/** Holds a request and its answer, as far as they are JSON, against `openapi.json`. */
import { expectDocumented } from "./expect-documented.ts";

const JSON_TYPE = /^application\/(?:[\w.]+\+)?json\b/;

/** Of what will be read here, a copy; of anything else that very message. */
export function copyToRead<Message extends Request | Response>(message: Message): Message;
export function copyToRead(message: Request | Response): Request | Response {
  return isJson(message) ? message.clone() : message;
}

/** Rejects with what the document does not know; reads both messages. */
export async function expectTraffic(asked: Request, answered: Response): Promise<void> {
  expectDocumented({
    method: asked.method,
    url: new URL(asked.url),
    request: await readJson(asked),
    status: answered.status,
    contentType: answered.headers.get("content-type") ?? "",
    answer: await readJson(answered),
  });
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
