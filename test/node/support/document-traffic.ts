/**
 * Holds all that this process asks of a served Paloma, and is answered, against `openapi.json`, and
 * the events that it sends, which pass through here as well: what the document does not know ends
 * the run, even where the one who asked would have tried again.
 */
import { expectDocumentedEvent } from "../../support/expect-documented.ts";
import { copyToRead, expectTraffic } from "../../support/expect-traffic.ts";

/** Where it is served; processes begun by a test inherit it. */
export const PALOMA_ORIGIN = "PALOMA_ORIGIN";

const { fetch: ask } = globalThis;

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  if (request.headers.has("webhook-id")) void expectEvent(request.clone());
  if (new URL(request.url).origin !== process.env[PALOMA_ORIGIN]) return ask(request);
  const asked = copyToRead(request);
  const response = await ask(request);
  void expectTraffic(asked, copyToRead(response));
  return response;
};

async function expectEvent(sent: Request): Promise<void> {
  expectDocumentedEvent(sent.headers, await sent.json());
}
