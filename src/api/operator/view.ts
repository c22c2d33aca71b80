/** A webhook field that is neither message nor status, as the API shows it: JSON text. */
import type { AccountEventRow } from "../../store/account-events.ts";
import { timestamp, withRawMember } from "../schema.ts";

export function accountEventView({ value, received_at, ...row }: AccountEventRow): string {
  return withRawMember({ ...row, received_at: timestamp(received_at) }, "value", value);
}
