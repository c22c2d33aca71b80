import { once } from "node:events";
import { createServer } from "node:net";
import { PlainError } from "../client/plain-error.ts";

/** A server on one of these addresses gets what is sent to `localhost`. */
const LOCAL_HOSTS = ["127.0.0.1", "::1", "0.0.0.0"];

/** Fails, with what to do about it, if the port is taken or may not be used. */
export async function requireFreePort(port: number, option: string): Promise<void> {
  for (const host of LOCAL_HOSTS) {
    const code = await tryToListen(port, host);
    if (code === "EADDRINUSE") {
      throw new PlainError(
        `Port ${port} is taken: stop what listens there, or choose another port with ${option}.`,
      );
    }
    if (code === "EACCES") {
      throw new PlainError(`Port ${port} needs more rights: choose another port with ${option}.`);
    }
    // Any other refusal means that this machine has no such address.
  }
}

async function tryToListen(port: number, host: string): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, "listening");
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
