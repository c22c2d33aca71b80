/**
 * Meta's pair rate: one message per 6 seconds to one customer, with bursts of 45 borrowed from the
 * seconds to come (error 131056). Kept as a theoretical arrival time (GCRA): one number says it all.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
const INTERVAL_MS = 6000;

const BURST_MESSAGES = 45;

/** When the next message may leave, given the theoretical arrival time kept so far. */
export function nextSendAt(theoreticalArrivalAt: number): number {
  return theoreticalArrivalAt - (BURST_MESSAGES - 1) * INTERVAL_MS;
}

/** The theoretical arrival time after one more message. */
export function afterSend(theoreticalArrivalAt: number, now: number): number {
  return Math.max(theoreticalArrivalAt, now) + INTERVAL_MS;
}
