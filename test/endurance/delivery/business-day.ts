/** What a clinic's day is made of, as far as subscribers hear of it. */
import * as v from "valibot";
import type { Simulator } from "../../../simulator/simulator.ts";
import type { PatientClient } from "../audit/patient-client.ts";

const FIRST_NUMBER = 9_982_230_001;

/** A customer's message, and every third time an answer with its three statuses. */
const ANSWERED_EVERY = 3;
/** Now and then staff read a conversation. */
const READ_EVERY = 5;

const conversationSchema = v.object({ data: v.tuple([v.object({ id: v.string() })]) });

/**
 * Customers write in turn, and staff answer, until the subscriber has enough events.
 *
 * @returns how many messages customers wrote
 */
export async function playBusinessDay(
  simulator: Simulator,
  api: PatientClient,
  customers: number,
  goesOn: () => boolean,
): Promise<number> {
  let written = 0;
  while (goesOn()) {
    const from = `+52${FIRST_NUMBER + (written % customers)}`;
    const content = { type: "text", body: `¿Cómo está Luna? 🐶 ${written}` } as const;
    await simulator.customers.write({ from, name: `Ana ${written % customers}`, content });
    await simulator.flush();
    written += 1;
    if (written % ANSWERED_EVERY === 0) {
      await api.call("POST", "/v1/messages", { to: from, text: { body: "¡Muy bien!" } });
      await simulator.flush();
    }
    if (written % READ_EVERY === 0) {
      const list = await api.call("GET", `/v1/conversations?contact=${encodeURIComponent(from)}`);
      const { data } = v.parse(conversationSchema, list.body);
      await api.call("POST", `/v1/conversations/${data[0].id}/read`);
    }
  }
  return written;
}
