/**
 * Holds all that the Worker is asked and answers, in every test, against `openapi.json`: what the
 * document does not know breaks off the request of the test that met it.
 */
import { afterAll, beforeAll } from "vitest";
import { app } from "../../src/app.ts";
import { copyToRead, expectTraffic } from "./expect-traffic.ts";

const { fetch: answer } = app;

beforeAll(() => {
  app.fetch = async (request, ...rest) => {
    const asked = copyToRead(request);
    const response = await answer(request, ...rest);
    await expectTraffic(asked, copyToRead(response));
    return response;
  };
});

afterAll(() => {
  app.fetch = answer;
});
