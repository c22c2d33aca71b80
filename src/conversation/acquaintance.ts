/**
 * What a conversation's object learns of who its person is, beside what messages say.
 *
 * Whom Meta's answer to a send says that it reached: pure.
 */
import type { Address } from "../lib/address.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { ToldIdentity } from "../message/told-identity.ts";
import type { AlarmClock } from "./alarm.ts";
import { looksAlike } from "./events.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Claim } from "./identity-rules.ts";
import type { Links } from "./links.ts";
import type { OthersIdentity, ConversationMerge, Sorted } from "./merge.ts";
import type { Home, Pointing } from "./rpc.ts";
import { withCall, withIdentity } from "./state.ts";
import type { ConversationStorage } from "./storage.ts";
import { wasErasedAt } from "./tombstone.ts";

export class Acquaintance {
  readonly #storage: ConversationStorage;
  readonly #clock: AlarmClock;
  readonly #links: Links;
  readonly #merge: ConversationMerge;
  readonly #forwarding: Forwarding;

  constructor(
    storage: ConversationStorage,
    clock: AlarmClock,
    {
      links,
      merge,
      forwarding,
    }: { links: Links; merge: ConversationMerge; forwarding: Forwarding },
  ) {
    this.#storage = storage;
    this.#clock = clock;
    this.#links = links;
    this.#merge = merge;
    this.#forwarding = forwarding;
  }

  /** Which messages are this conversation's; where they were passed on to a home, all of them. */
  sortOut(messages: readonly InboundMessage[], home: Address | null): Sorted {
    if (home !== null) return { ours: messages, others: [], told: [] };
    return this.#atOnce(() => this.#merge.sortOut(messages));
  }

  /** Once messages are taken: tells others what they are to know, and makes links. */
  async pursue(told: readonly OthersIdentity[]): Promise<void> {
    for (const other of told) await this.#tellOther(other);
    await this.makeLinks();
  }

  /** A customer called: no message, but the session window opens. */
  async receiveCall(home: Home, at: number, told: ToldIdentity | null): Promise<void> {
    if (wasErasedAt(this.#storage.tombstone, at)) return undefined;
    const { phone_number_id } = home;
    const elsewhere = this.#forwarding.elsewhere();
    if (elsewhere !== null) return elsewhere.receiveCall(phone_number_id, home.address, at, told);
    const other = told === null ? null : this.#merge.othersIdentity(told);
    if (other !== null) {
      const stub = this.#forwarding.objectOf(other.id);
      return stub.receiveCall(phone_number_id, other.address, at, other.told);
    }
    const now = Date.now();
    this.#storage.transaction(() => {
      const state = withCall(this.#storage.begin(phone_number_id, home.address, now), at);
      this.#storage.save(told === null ? state : withIdentity(state, told), now);
      this.#clock.atLatest(now);
    });
    return this.makeLinks();
  }

  /** False where there is no conversation, unless it has a home to begin at. */
  async learn(told: ToldIdentity, home: Home | null): Promise<boolean> {
    if (wasErasedAt(this.#storage.tombstone, told.at)) return false;
    const elsewhere = this.#forwarding.elsewhere();
    if (elsewhere !== null) return elsewhere.learn(told, home);
    const { state } = this.#storage;
    if (home === null && state === null) return false;
    const other = this.#merge.othersIdentity(told);
    if (other !== null) {
      await this.#tellOther(other);
      return true;
    }
    const now = Date.now();
    const before =
      home === null ? state : this.#storage.begin(home.phone_number_id, home.address, now);
    const after = before === null ? null : withIdentity(before, told);
    if (after !== null && after !== state) {
      this.#storage.transaction(() => {
        if (state !== null && looksAlike(state, after)) this.#storage.note(after);
        else this.#storage.save(after, now);
        this.#clock.atLatest(now);
      });
    }
    await this.makeLinks();
    return true;
  }

  /** The person who has a phone of this one's now claims it; what comes late claims nothing. */
  async #tellOther({ id, address, told, late }: OthersIdentity): Promise<void> {
    const { state } = this.#storage;
    if (late || state === null) return;
    const { phone_number_id } = state;
    await this.#forwarding.objectOf(id).learn(told, { phone_number_id, address });
  }

  /** What links make of the person is seen at once; those that can't be made are the alarm's. */
  async makeLinks(): Promise<void> {
    const { version } = this.#storage;
    await this.#links.tryToMake();
    if (this.#storage.version !== version) this.#clock.atLatest(Date.now());
  }

  pointTo(to: string, claim: Claim | null): Pointing {
    return this.#atOnce(() => this.#links.redirectTo(to, claim));
  }

  /** What it changes, or moves, the alarm takes up at once. */
  #atOnce<Result>(work: () => Result): Result {
    const { version } = this.#storage;
    const result = work();
    if (this.#storage.leaving !== null || this.#storage.version !== version) {
      this.#clock.atLatest(Date.now());
    }
    return result;
  }
}
