/**
 * `npm run subscriber`: a subscriber to play with, on this machine. Verifies every event with the
 * Standard Webhooks library and prints it as a line of JSON, before it is acknowledged.
 */
import { createServer, type IncomingMessage } from "node:http";
import { Webhook } from "standardwebhooks";

const DEFAULT_PORT = 8789;

/** Not secret: it opens nothing but this process. */
const DEFAULT_SECRET = "whsec_bG9jYWwtc3Vic2NyaWJlci1zZWNyZXQtb2YtcGFsb21h";

const { PORT: port = String(DEFAULT_PORT), SUBSCRIBER_SECRET: secret = DEFAULT_SECRET } =
  process.env;
const webhook = new Webhook(secret);

const server = createServer((request, response) => {
  void receive(request).then((status) => response.writeHead(status).end());
});
server.listen(Number(port), () => {
  const subscribers = [{ url: `http://localhost:${port}/`, secrets: [secret] }];
  console.error(
    `Put this into .dev.vars, and start Paloma again:\nEVENT_SUBSCRIBERS='${JSON.stringify(subscribers)}'`,
  );
});

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
