/**
 * Holds all that this process asks of a served Paloma, and is answered, against `openapi.json`: what
 * the document does not know ends the run, even where the one who asked would have tried again.
 */
import { copyToRead, expectTraffic } from "../../support/expect-traffic.ts";

/** Where it is served; processes begun by a test inherit it. */
export const PALOMA_ORIGIN = "PALOMA_ORIGIN";

const { fetch: ask } = globalThis;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  if (new URL(request.url).origin !== process.env[PALOMA_ORIGIN]) return ask(request);
  const asked = copyToRead(request);
  const response = await ask(request);
  void expectTraffic(asked, copyToRead(response));
  return response;
};
