/** In Meta's place: takes every message at once. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent } from "../processes/answer-parent.ts";

let messages = 0;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    messages += 1;
    response.setHeader("content-type", "application/json");
    response.end(answerTo(Buffer.concat(chunks).toString(), messages));
  });
});

server.listen(0, "127.0.0.1", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = server.address() as AddressInfo;
  answerParent(`http://127.0.0.1:${port}`, () => Promise.resolve(null));
});
process.on("disconnect", () => {
  server.closeAllConnections();
  server.close();
});

function answerTo(body: string, number: number): string {
  const said: { status?: string; to?: string } = JSON.parse(body);
  return said.status === "read"
    ? '{"success":true}'
    : JSON.stringify({
        messaging_product: "whatsapp",
        contacts: [{ input: said.to, wa_id: said.to?.slice(1) }],
        messages: [{ id: `wamid.sent.${number}` }],
      });
}
