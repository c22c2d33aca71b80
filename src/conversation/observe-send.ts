/** Each call by which a message leaves, and what came of it. */
import { textMember, type JsonObject } from "../json/json.ts";
import { masked } from "../observability/log.ts";
import { observe } from "../observability/observe.ts";
import type { SendAnswer } from "./after-call.ts";
import type { CallMeta } from "./drain.ts";

export function observed(call: CallMeta): CallMeta {
  return async (phoneNumberId, body) => {
    const startedAt = Date.now();
    const answer = await call(phoneNumberId, body);
    observe({
      event: "send",
      subject: textMember(body, "type") ?? "text",
      outcome: outcomeOf(answer),
      count: 1,
      duration_ms: Date.now() - startedAt,
      more: {
        message_id: messageIdOf(body),
        phone_number_id: masked(phoneNumberId),
        code: answer.ok ? null : answer.error.code,
        fbtrace_id: answer.ok ? null : answer.error.fbtrace_id,
      },
    });
    return answer;
  };
}

/** Our own id, which goes along so that statuses bring it back. */
function messageIdOf(body: JsonObject): string | null {
  return textMember(body, "biz_opaque_callback_data");
}

/** `accepted`, or what Meta's refusal means for the message. */
function outcomeOf(answer: SendAnswer): string {
  return answer.ok ? "accepted" : answer.class;
}
