import type { BusinessNumber, Slot } from "../business-number/business-number.ts";
import { concernsNumber } from "../graph/graph-error.ts";
import { errorMembers, log } from "../observability/log.ts";
import { isPairRate, type SendAnswer } from "./after-call.ts";

/**
 * Tells a business number's object what of Meta's answer concerns every message of the number.
 * Where that fails, the next message finds it out as this one did.
 */
export async function tellNumber(
  number: DurableObjectStub<BusinessNumber>,
  answer: SendAnswer,
  { probe }: Extract<Slot, { kind: "granted" }>,
): Promise<void> {
  try {
    if (!answer.ok && answer.class === "operator") {
      await number.needsOperator(answer.error, concernsNumber(answer.error));
    } else if (!answer.ok && answer.class === "retry" && !isPairRate(answer.error)) {
      await number.pause(answer.error.retry_after_seconds);
    } else if (probe && (answer.ok || answer.class !== "ambiguous")) {
      await number.works();
    }
  } catch (error) {
    log("error", "number_not_told", errorMembers(error));
  }
}
