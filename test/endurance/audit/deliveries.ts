import type { SeededRandom } from "../../../simulator/seeded-random.ts";

/** Meta gives up on a webhook that is not answered in time. */
const DELIVERY_TIMEOUT_MS = 10_000;

/** The way from Meta to the Worker, and how many webhooks are on it. */
export class Deliveries {
  #inFlight = 0;
  #slowestMs = 0;
  readonly #onAnswer: (() => void)[] = [];
  readonly #random: SeededRandom;
  readonly #lossShare: number;

  /** `lossShare`: the share of answers that Meta never gets, and of requests that we never get. */
  constructor(random: SeededRandom, lossShare: number) {
    this.#random = random;
    this.#lossShare = lossShare;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The longest that an answer took so far. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** Resolves at once when the next answer comes in. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer.push(resolve);
    });
  }

  readonly deliver = async (request: Request): Promise<Response> => {
    this.#inFlight += 1;
    const sentAt = Date.now();
    try {
      this.#loseSome();
      const response = await fetch(request, { signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS) });
      this.#slowestMs = Math.max(this.#slowestMs, Date.now() - sentAt);
      for (const resolve of this.#onAnswer.splice(0)) resolve();
      await response.body?.cancel();
      this.#loseSome();
      return response;
    } finally {
      this.#inFlight -= 1;
    }
  };

  #loseSome(): void {
    if (this.#random.fraction() < this.#lossShare) throw new Error("lost on its way");
  }
}
