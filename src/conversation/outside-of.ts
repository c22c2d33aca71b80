import { ANSWER_PATIENCE_MS, withPatience } from "../store/patient-d1.ts";
import { callMeta } from "./call-meta.ts";
import { claimFallback } from "./claim-fallback.ts";
import type { Outside } from "./drain.ts";
import { renewFiles } from "./renew-files.ts";

/** What a conversation's sends need; somebody may be waiting for their answers. */
export function outsideOf(bindings: Env): Outside {
  const env = withPatience(bindings, ANSWER_PATIENCE_MS);
  return {
    callMeta: lazily(() => callMeta(env)),
    renewFiles: lazily(() => renewFiles(env)),
    numberOf: (phoneNumberId) => env.BUSINESS_NUMBER.getByName(phoneNumberId),
    claimFallback: (message) => claimFallback(env, message),
  };
}

/** Made by the first call: an object that wakes for an inbound message needs no settings. */
function lazily<Given extends unknown[], Answer>(
  make: () => (...given: Given) => Answer,
): (...given: Given) => Answer {
  let made: ((...given: Given) => Answer) | null = null;
  return (...given) => {
    made ??= make();
    return made(...given);
  };
}
