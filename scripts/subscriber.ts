/**
 * `npm run subscriber`: a subscriber to play with, on this machine. Verifies every event with the
 * Standard Webhooks library and prints it as a line of JSON, before it is acknowledged.
 */
import { createServer, type IncomingMessage } from "node:http";
import { parseArgs } from "node:util";
import { Webhook } from "standardwebhooks";
import { PlainError } from "./client/plain-error.ts";
import { printFailure } from "./client/print-failure.ts";
import { portOf } from "./start/port-option.ts";

const DEFAULT_PORT = 8789;

const USAGE = "npm run subscriber -- [--port PORT]";

/** Not secret: it opens nothing but this process. */
const DEFAULT_SECRET = "whsec_bG9jYWwtc3Vic2NyaWJlci1zZWNyZXQtb2YtcGFsb21h";

const { SUBSCRIBER_SECRET: secret = DEFAULT_SECRET } = process.env;
const webhook = new Webhook(secret);
const port = readPort();

const server = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end());
});
server.on("error", (error) => {
  printFailure(new PlainError(`Port ${port}: ${error.message}. Choose another with --port.`));
  process.exit(1);
});
server.listen(port, () => {
  const subscribers = [{ url: `http://localhost:${port}/`, secrets: [secret] }];
  console.error(
    `Put this into .dev.vars, and start Paloma again:\nEVENT_SUBSCRIBERS='${JSON.stringify(subscribers)}'`,
  );
});

/** From the command line, else from PORT. */
function readPort(): number {
  try {
    const { values } = parseArgs({ options: { port: { type: "string" } } });
    return portOf("--port", values.port ?? process.env["PORT"], DEFAULT_PORT);
  } catch (error) {
    const words = error instanceof Error ? error.message : "?";
    printFailure(new PlainError(`${words}\nUsage: ${USAGE}`));
    process.exit(1);
  }
}

/** The status of the answer. */
async function receive(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString();
  try {
    webhook.verify(body, headersOf(request));
  } catch (error) {
    console.log(JSON.stringify({ invalid: error instanceof Error ? error.message : "?" }));
    return 400;
  }
  // A pipe takes it at once: what is acknowledged was printed.
  console.log(`{"id":${JSON.stringify(request.headers["webhook-id"])},${body.slice(1)}`);
  return 204;
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
