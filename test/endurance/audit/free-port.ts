import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that nobody listens on; the system does not give it out again at once. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0);
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === "object" && address !== null, "A TCP server has a port.");
  return address.port;
}
