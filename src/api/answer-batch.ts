/** A batch of messages, sent by HTTP or by RPC, and what is answered to each. */
import { sendBatch } from "../conversation/send-batch.ts";
import type { FieldError } from "../http/problem.ts";
import { nounOf } from "../messages/check-value.ts";
import { BATCH_MAX_MESSAGES } from "../messages/limits.ts";
import { invalidProblem } from "./invalid-request.ts";
import { readBatchEntry, type Asking } from "./read-send.ts";
import { batchView } from "./send-answer.ts";

export type BatchAnswer =
  | { ok: true; data: ReturnType<typeof batchView>[] }
  | { ok: false; errors: FieldError[] };

/** Whatever stands in the place of the messages; one that is wrong keeps no other from leaving. */
export async function answerBatch(
  env: Env,
  messages: unknown,
  asking: Asking,
  requestId: string,
): Promise<BatchAnswer> {
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > BATCH_MAX_MESSAGES) {
    const got = Array.isArray(messages) ? messages.length : nounOf(messages);
    const detail = `must be an array of 1 to ${BATCH_MAX_MESSAGES} messages, got ${got}`;
    return { ok: false, errors: [{ pointer: "/messages", detail }] };
  }
  const readings = await Promise.all(
    messages.map((message: unknown) => readBatchEntry(message, asking)),
  );
  const outcomes = await sendBatch(
    env,
    readings.flatMap((reading) => (reading.ok ? [reading.entry] : [])),
  );
  const data = readings.map((reading, index) => {
    const outcome = reading.ok ? outcomes.shift() : undefined;
    const errors = reading.ok ? [] : reading.errors;
    return batchView(
      outcome ?? { kind: "refused", problem: invalidProblem(errors) },
      index,
      requestId,
    );
  });
  return { ok: true, data };
}
