import type { PlayedChat } from "./play-chat.ts";
import type { Servers } from "./start-servers.ts";

/** One call of each kind, ready to paste, that goes on with the chat. */
export function curlLines(
  { workerUrl, simulatorUrl }: Servers,
  apiToken: string,
  { customer: { phone }, conversationId }: PlayedChat,
): string {
  const api = (path: string, body?: object): string => curl(workerUrl + path, apiToken, body);
  const conversation = `/v1/conversations/${conversationId}`;
  const template = {
    name: "order_ready",
    params: { name: "Ana", order: "1042" },
  };
  const calls: Readonly<Record<string, string>> = {
    "Send a text": api("/v1/messages", { to: phone, text: { body: "¿Algo más?" } }),
    "Send a template": api("/v1/messages", { to: phone, type: "template", template }),
    "List the conversations": api("/v1/conversations"),
    "Read the messages of this one": api(`${conversation}/messages`),
    "Mark it as read": api(`${conversation}/read`, {}),
    "Let the customer write": curl(`${simulatorUrl}/_simulator/customers/write`, null, {
      from: phone,
      content: { type: "text", body: "¡Gracias!" },
    }),
  };
  return Object.entries(calls)
    .map(([what, line]) => `# ${what}\n${line}\n`)
    .join("\n");
}

function curl(url: string, token: string | null, body?: object): string {
  return [
    "curl -sS",
    quoted(url),
    ...(token === null ? [] : ["-H", quoted(`authorization: Bearer ${token}`)]),
    ...(body === undefined ? [] : ["-d", quoted(JSON.stringify(body))]),
  ].join(" ");
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
