import type { Http2Bindings, HttpBindings } from "@hono/node-server";
import { serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createSimulator } from "./simulator.ts";
import { LostConnection } from "./trouble/troubled-call.ts";

/** Meta gives up on a webhook that is not answered in time. */
const DELIVERY_TIMEOUT_MS = 10_000;

const { env } = process;
if (process.argv.length > 2) {
  console.error("The simulator takes no options: set PORT, WEBHOOK_URL, APP_SECRET and the like.");
  process.exit(1);
}
const phoneNumberId = env["PHONE_NUMBER_ID"] ?? "106540352242922";

const simulator = createSimulator({
  accessToken: env["ACCESS_TOKEN"] ?? "simulator-token",
  appSecret: env["APP_SECRET"] ?? "simulator-secret",
  verifyToken: env["VERIFY_TOKEN"] ?? "simulator-verify",
  webhookUrl: env["WEBHOOK_URL"] ?? "http://localhost:8787/webhook",
  businessAccountId: env["BUSINESS_ACCOUNT_ID"] ?? "102290129340398",
  businessNumbers: [
    { id: phoneNumberId, displayPhoneNumber: "+52 998 316 2438", verifiedName: "Pet-Friendly" },
  ],
  deliver: (request) => fetch(request, { signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS) }),
});

const server = serve({ fetch: answer, port: Number(env["PORT"] ?? 8788) }, ({ port }) =>
  console.log(`Simulated WhatsApp Cloud API on http://localhost:${port}`),
);

/** A lost connection is made real: the socket closes without an answer. */
async function answer(
  request: Request,
  { outgoing }: HttpBindings | Http2Bindings,
): Promise<Response> {
  try {
    return await simulator.fetch(request);
  } catch (error) {
    if (!(error instanceof LostConnection)) throw error;
    outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
}

function stop(): void {
  simulator.stop();
  server.close(() => process.exit(0));
  if ("closeAllConnections" in server) server.closeAllConnections();
}

process.once("SIGINT", stop);
process.once("SIGTERM", stop);
