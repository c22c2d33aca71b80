/**
 * What the object learns about its person's identity: from messages, calls, statuses and other objects.
 * After each change it links the person's other addresses to this conversation.
 */
import type { Address } from "../../lib/address.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import type { ReportedIdentity } from "../../message/reported-identity.ts";
import type { Home, Pointing, Received } from "../rpc.ts";
import { withCall } from "../state/activity.ts";
import { withIdentity } from "../state/addresses.ts";
import { looksAlike } from "../state/events.ts";
import type { Claim } from "../state/identity-rules.ts";
import { wasErasedAt } from "../state/tombstone.ts";
import { BRINGING_GRACE_MS } from "../storage/alarm.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { Projector } from "../sync/projector.ts";
import type { LentWriter } from "../sync/writer.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Links } from "./links.ts";
import type { OtherObjects } from "./other-objects.ts";
import { type OthersIdentity, type Sorted, SortingByPerson } from "./sorting.ts";

export class IdentityUpdates {
  readonly #storage: ConversationStorage;
  readonly #projector: Projector;
  readonly #objects: OtherObjects;
  readonly #links: Links;
  readonly #sorting: SortingByPerson;
  readonly #forwarding: Forwarding;

  constructor(
    storage: ConversationStorage,
    projector: Projector,
    { objects, links, forwarding }: { objects: OtherObjects; links: Links; forwarding: Forwarding },
  ) {
    this.#storage = storage;
    this.#projector = projector;
    this.#objects = objects;
    this.#links = links;
    this.#sorting = new SortingByPerson(storage, objects, links);
    this.#forwarding = forwarding;
  }

  /** Sorts messages by person; with `ownAddress` another object sorted them: all are this person's. */
  sortOut(messages: readonly InboundMessage[], ownAddress: Address | null): Sorted {
    if (ownAddress !== null) return { ours: messages, others: [], reported: [] };
    return this.#atOnce(() => this.#sorting.sortOut(messages));
  }

  /** After the commit of messages: to the other persons' objects, and to those of this person's addresses. */
  async passOnAndLink(
    { others, reported }: Pick<Sorted, "others" | "reported">,
    writer: LentWriter | null,
  ): Promise<Received[]> {
    const passedOn = await this.#forwarding.passOn(others, writer);
    for (const other of reported) await this.#reportToOther(other);
    await this.makeLinks();
    return passedOn;
  }

  /** A customer called: there is no message, but the session window opens. */
  async receiveCall(home: Home, at: number, reported: ReportedIdentity | null): Promise<void> {
    if (wasErasedAt(this.#storage.tombstone, at)) return undefined;
    const { phone_number_id } = home;
    const target = this.#forwarding.target();
    if (target !== null) return target.receiveCall(phone_number_id, home.address, at, reported);
    const other = reported === null ? null : this.#sorting.othersIdentity(reported);
    if (other !== null) {
      const stub = this.#objects.withId(other.id);
      return stub.receiveCall(phone_number_id, other.address, at, other.reported);
    }
    const now = Date.now();
    this.#storage.transaction(() => {
      const state = withCall(this.#storage.begin(phone_number_id, home.address, now), at);
      this.#storage.save(reported === null ? state : withIdentity(state, reported), now);
      this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
    });
    await this.#projector.bringDuring(this.makeLinks());
  }

  /** False if there is no conversation, unless `home` says where to begin one. */
  async learn(reported: ReportedIdentity, home: Home | null): Promise<boolean> {
    if (wasErasedAt(this.#storage.tombstone, reported.at)) return false;
    const target = this.#forwarding.target();
    if (target !== null) return target.learn(reported, home);
    const { state } = this.#storage;
    if (home === null && state === null) return false;
    const other = this.#sorting.othersIdentity(reported);
    if (other !== null) {
      await this.#reportToOther(other);
      return true;
    }
    const now = Date.now();
    const before =
      home === null ? state : this.#storage.begin(home.phone_number_id, home.address, now);
    const after = before === null ? null : withIdentity(before, reported);
    if (after !== null && after !== state) {
      this.#storage.transaction(() => {
        if (state !== null && looksAlike(state, after)) this.#storage.note(after);
        else this.#storage.save(after, now);
        this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
      });
    }
    await this.#projector.bringDuring(this.makeLinks());
    return true;
  }

  /** The person who has this phone now claims it by the report; a late report claims nothing. */
  async #reportToOther({ id, address, reported, late }: OthersIdentity): Promise<void> {
    const { state } = this.#storage;
    if (late || state === null) return;
    const { phone_number_id } = state;
    await this.#objects.withId(id).learn(reported, { phone_number_id, address });
  }

  /** Makes the open links; the alarm repeats what failed and brings what nobody else does. */
  async makeLinks(): Promise<void> {
    const { version } = this.#storage;
    await this.#links.tryToMake();
    if (this.#storage.version !== version || this.#links.hasOpen()) {
      this.#storage.clock.atLatest(Date.now() + BRINGING_GRACE_MS);
    }
  }

  pointTo(to: string, claim: Claim | null): Pointing {
    return this.#atOnce(() => this.#links.redirectTo(to, claim));
  }

  /** Sets the alarm for now if the work changed the state or began a move. */
  #atOnce<Result>(work: () => Result): Result {
    const { version } = this.#storage;
    const result = work();
    if (this.#storage.leaving !== null || this.#storage.version !== version) {
      this.#storage.clock.atLatest(Date.now());
    }
    return result;
  }
}
