/** Each batch of a queue, and how long its messages had waited. */
import { isJsonObject, textMember } from "../json/json.ts";
import { observe } from "./observe.ts";

/** A batch brings a hundred at most; a few lead to the others. */
const REQUEST_IDS_SHOWN = 5;

/** What of it comes again is told by the lines of the consumer itself. */
export async function observed(batch: MessageBatch, work: () => Promise<void>): Promise<void> {
  const { queue, messages } = batch;
  const startedAt = Date.now();
  const oldest = Math.min(startedAt, ...messages.map(({ timestamp }) => timestamp.getTime()));
  const requestIds = new Set(messages.flatMap(({ body }) => requestIdOf(body)));
  let outcome = "failed";
  try {
    await work();
    outcome = "consumed";
  } finally {
    observe({
      event: "queue_batch",
      subject: queue,
      outcome,
      count: messages.length,
      duration_ms: Date.now() - startedAt,
      more: {
        redelivered: messages.filter(({ attempts }) => attempts > 1).length,
        waited_ms: startedAt - oldest,
        request_ids: [...requestIds].slice(0, REQUEST_IDS_SHOWN).join(" "),
      },
    });
  }
}

function requestIdOf(body: unknown): string[] {
  const requestId = isJsonObject(body) ? textMember(body, "request_id") : null;
  return requestId === null ? [] : [requestId];
}
