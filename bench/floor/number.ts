/** The object of the floor's business number: keeps its pace, in memory alone. */
import { DurableObject } from "cloudflare:workers";

/** As much as Meta grants a number: 1,000 messages a second. */
const INTERVAL_MS = 1;

export class FloorNumber extends DurableObject {
  #next = 0;

  async takeSlot(): Promise<void> {
    const now = Date.now();
    const at = Math.max(now, this.#next);
    this.#next = at + INTERVAL_MS;
    if (at > now) await scheduler.wait(at - now);
  }
}
