/**
 * Meta's pair rate: one message per 6 seconds to one customer, with bursts of 45 that use up the seconds
 * to come (error 131056). The state keeps one number for it: the theoretical arrival time (GCRA). Pure.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
import { SECOND_MS } from "../../lib/time.ts";

/** Meta: one message per 6 seconds. */
const INTERVAL_MS = 6 * SECOND_MS;

/** Meta: up to 45 messages at once. */
const BURST_MESSAGES = 45;

/** When the next message may leave, given the theoretical arrival time so far. */
export function nextSendAt(theoreticalArrivalAt: number): number {
  return theoreticalArrivalAt - (BURST_MESSAGES - 1) * INTERVAL_MS;
}

/** The theoretical arrival time after one more message. */
export function afterSend(theoreticalArrivalAt: number, now: number): number {
  return Math.max(theoreticalArrivalAt, now) + INTERVAL_MS;
}
