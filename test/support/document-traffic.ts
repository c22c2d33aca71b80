/**
 * Holds all that the Worker is asked and answers, in every test, against `openapi.json`: what the
 * document does not know breaks off the request of the test that met it.
 */
import { afterAll, beforeAll } from "vitest";
import { app } from "../../src/app.ts";
import { expectDocumented } from "./expect-documented.ts";

const JSON_TYPE = /^application\/(?:[\w.]+\+)?json\b/;

const { fetch: answer } = app;

beforeAll(() => {
  app.fetch = async (request, ...rest) => {
    const asked = isJson(request) ? request.clone() : null;
    const response = await answer(request, ...rest);
    const told = isJson(response) ? response.clone() : null;
    expectDocumented({
      method: request.method,
      url: new URL(request.url),
      request: await readJson(asked),
      status: response.status,
      contentType: response.headers.get("content-type") ?? "",
      answer: await readJson(told),
    });
    return response;
  };
});

afterAll(() => {
  app.fetch = answer;
});

function isJson({ headers }: Request | Response): boolean {
  return JSON_TYPE.test(headers.get("content-type") ?? "");
}

/** Undefined where there is none, or what there is can't be read as such. */
async function readJson(message: Request | Response | null): Promise<unknown> {
  try {
    return await message?.json();
  } catch {
    return undefined;
  }
}
