/**
 * `npm start`: the Worker and a simulated Meta on this machine, and a short chat between them.
 * Stays up until Ctrl-C; with `--once` it ends after the chat, with 1 if anything went wrong.
 */
import { AssertionError } from "node:assert";
import { createDevVars } from "./client/dev-vars.ts";
import { createJsonClient } from "./client/json-client.ts";
import { PlainError } from "./client/plain-error.ts";
import { printFailure } from "./client/print-failure.ts";
import { ChatSession } from "./start/chat-session.ts";
import { curlLines } from "./start/curl-lines.ts";
import { inboxLink } from "./start/inbox-link.ts";
import { playChat } from "./start/play-chat.ts";
import type { ProcessGroup } from "./start/process-group.ts";
import { readConfig } from "./start/read-config.ts";
import { requireFreePort } from "./start/require-free-port.ts";
import { readStartOptions } from "./start/start-options.ts";
import { startServers } from "./start/start-servers.ts";
import { onStopSignal } from "./start/stop-signal.ts";
import { Transcript } from "./start/transcript.ts";

const LEFT_OVER = "If .wrangler is left from another version of Paloma, delete it and start again.";

const groups: ProcessGroup[] = [];
let isUp = false;

const stopped = new Promise<void>((resolve, reject) => {
  onStopSignal(() => (isUp ? resolve() : reject(new PlainError("Stopped."))));
});

try {
  await Promise.race([run(), stopped]);
} catch (error) {
  printFailure(error);
  if (error instanceof AssertionError) console.error(`\n${LEFT_OVER}`);
  process.exitCode = 1;
} finally {
  await Promise.all(groups.map((group) => group.stop()));
}
process.exit();

async function run(): Promise<void> {
  const options = readStartOptions(process.argv.slice(2), process.env);
  await requireFreePort(options.port, "--port");
  await requireFreePort(options.simulatorPort, "--simulator-port");
  if (createDevVars()) console.log("Made .dev.vars from .dev.vars.example.");
  const { config, apiToken } = readConfig();

  const servers = await startServers(
    options,
    config,
    (group) => groups.push(group),
    () => isUp,
  );
  console.log(`Paloma          ${servers.workerUrl}\nSimulated Meta  ${servers.simulatorUrl}`);
  const transcript = new Transcript();
  const session = new ChatSession(
    createJsonClient(servers.workerUrl, apiToken.token),
    createJsonClient(servers.simulatorUrl, null),
    transcript,
  );
  const chat = await Promise.race([playChat(session, transcript), servers.failed]);
  console.log("\nEverything was as it should be.");
  if (options.once) return;

  console.log(`\nGo on with it:\n\n${curlLines(servers, apiToken.token, chat)}`);
  console.log(`The staff's inbox:  ${inboxLink(servers.workerUrl, apiToken.token)}`);
  console.log(`All else it can do: ${servers.workerUrl}/docs\nStop with Ctrl-C.`);
  isUp = true;
  await servers.failed;
}
