/** Whether the business number can send, and how customers like what it sends. */
import type { NumberInfo } from "../graph/account-client.ts";
import { fail, ok, warn, type Verdict } from "./verdict.ts";

const CONNECTED = "CONNECTED";

export function judgeNumber(number: NumberInfo): Verdict {
  const { status, quality, can_send: canSend } = number;
  const what = `${number.verified_name ?? "The number"}: ${status ?? "status unknown"}, quality ${quality ?? "unknown"}, limit ${number.messaging_limit ?? "unknown"}.`;
  const troubles = number.troubles.map(({ description }) => description);
  const advice = number.troubles.flatMap(({ solution }) => (solution === null ? [] : [solution]));
  const found = [what, ...troubles].join(" ");
  const remedy = advice.join(" ") || "Look at the number in WhatsApp Manager → Phone numbers.";
  if (status !== null && status !== CONNECTED) return fail(found, remedy);
  if (canSend === "BLOCKED") return fail(`${found} Meta lets it send nothing.`, remedy);
  if (canSend === "LIMITED") return warn(`${found} Meta limits what it may send.`, remedy);
  if (quality === "RED" || quality === "YELLOW") {
    return warn(
      found,
      "Customers block or report what you send: send less of it, and only what they expect. Meta lowers the limit otherwise.",
    );
  }
  return status === null ? warn(found, remedy) : ok(found);
}
