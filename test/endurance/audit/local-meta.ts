import { type Http2Bindings, type HttpBindings, serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import assert from "node:assert/strict";
import { once } from "node:events";
import type { SimulatorOptions } from "../../../simulator/settings.ts";
import { createSimulator, type Simulator } from "../../../simulator/simulator.ts";
import { LostConnection } from "../../../simulator/trouble/troubled-call.ts";
import {
  ACCESS_TOKEN,
  APP_SECRET,
  BUSINESS_ACCOUNT_ID,
  BUSINESS_NUMBERS,
  VERIFY_TOKEN,
} from "./local-clinic.ts";

/** A simulated Meta in this process, where its records can be read. */
export type LocalMeta = { simulator: Simulator; url: string; stop(): void };

export type LocalMetaOptions = Pick<
  SimulatorOptions,
  "webhookUrl" | "deliver" | "randomSeed" | "messagesPerSecond"
>;

/** From half a second, doubled each time: long enough for any restart. */
const REDELIVERY_PAUSE_MS = 500;
const MAXIMUM_DELIVERY_ATTEMPTS = 9;

export async function startLocalMeta(options: LocalMetaOptions): Promise<LocalMeta> {
  const simulator = createSimulator({
    accessToken: ACCESS_TOKEN,
    appSecret: APP_SECRET,
    verifyToken: VERIFY_TOKEN,
    businessAccountId: BUSINESS_ACCOUNT_ID,
    businessNumbers: BUSINESS_NUMBERS,
    redeliveryPauseMs: REDELIVERY_PAUSE_MS,
    maximumDeliveryAttempts: MAXIMUM_DELIVERY_ATTEMPTS,
    ...options,
  });
  const server = serve({ fetch: (request, env) => answer(simulator, request, env), port: 0 });
  // A connection that closes just as the Worker takes it again would look like an answer that was lost.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 0;
  if (!server.listening) await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null, "A TCP server has a port.");
  return {
    simulator,
    url: `http://localhost:${address.port}`,
    stop() {
      simulator.stop();
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}

/** A lost connection is made real: the socket closes without an answer. */
async function answer(
  simulator: Simulator,
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
