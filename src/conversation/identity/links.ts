/** Makes the objects of all addresses of a person redirect to one object. */
import type { Address } from "../../lib/address.ts";
import { errorMembers, log } from "../../lib/log.ts";
import type { Pointing } from "../rpc.ts";
import { withLinkMade, withoutThePhones } from "../state/addresses.ts";
import { type Claim, claimOn, type Contention, contentionFor } from "../state/identity-rules.ts";
import { otherAddresses } from "../state/projection.ts";
import type { ConversationState } from "../state/state.ts";
import type { ConversationRecord } from "../storage/record.ts";
import type { ConversationStorage } from "../storage/storage.ts";
import type { OtherObjects } from "./other-objects.ts";

/** A chain of redirects is short; the next try continues a longer one. */
const MAX_HOPS = 5;

export class Links {
  readonly #storage: ConversationStorage;
  readonly #objects: OtherObjects;

  constructor(storage: ConversationStorage, objects: OtherObjects) {
    this.#storage = storage;
    this.#objects = objects;
  }

  hasOpen(): boolean {
    return this.#storage.state?.links.some(({ made }) => !made) ?? false;
  }

  /** Asks the objects of the person's other addresses to redirect to this one. */
  async make(): Promise<void> {
    for (const { address } of this.#storage.state?.links.filter(({ made }) => !made) ?? []) {
      const outcome = await this.#redirectHere(address);
      const latest = this.#storage.state;
      if (latest === null) return;
      if (outcome === "agreed") this.#keep(withLinkMade(latest, address), latest);
      if (outcome === "kept" && address.kind === "phone") {
        this.#keep(withoutThePhones(latest, [address.phone]), latest);
      }
    }
  }

  /** A link gets a new version only if D1 then finds the person by another address. */
  #keep(state: ConversationState, before: ConversationState): void {
    const [after, earlier] = [otherAddresses(state), otherAddresses(before)];
    const isSeen = after.join() !== earlier.join() || state.person !== before.person;
    if (isSeen) this.#storage.save(state, Date.now());
    else this.#storage.note(state);
  }

  /** The same as `make`; the alarm repeats what fails. */
  async tryToMake(): Promise<void> {
    try {
      await this.make();
    } catch (error) {
      log("error", "links_left_to_alarm", errorMembers(error));
    }
  }

  /** Another object asks this one to redirect to it: an empty object does so at once, a live one moves. */
  redirectTo(to: string, claim: Claim | null): Pointing {
    const { record } = this.#storage;
    if (to === this.#objects.ownId) return { kind: "agreed" };
    switch (record.kind) {
      case "empty":
      case "erased":
        this.#storage.move(to, null, claim?.at);
        return { kind: "agreed" };
      case "moved": {
        if (record.to === to) return { kind: "agreed" };
        if (claim === null || !claim.settled) return { kind: "elsewhere", to: record.to };
        if (claim.at < (record.since ?? 0)) return { kind: "kept" };
        this.#storage.move(to, record.departing, claim.at);
        return { kind: "agreed" };
      }
      case "live":
        return this.#redirectLive(record, to, claim);
    }
  }

  #redirectLive(
    { state, leaving }: Extract<ConversationRecord, { kind: "live" }>,
    to: string,
    claim: Claim | null,
  ): Pointing {
    const contention: Contention =
      claim === null ? { kind: "same_person" } : contentionFor(state, claim);
    switch (contention.kind) {
      case "keeps":
        return { kind: "kept" };
      case "not_here":
        return { kind: "yielded" };
      case "gives":
        this.#storage.save(withoutThePhones(state, contention.phones), Date.now());
        return { kind: "yielded" };
      case "moves":
        if (leaving !== null) break;
        this.#storage.leave({
          into: this.#objects.idOf(contention.home),
          heir: to,
          home: contention.home,
        });
        return { kind: "agreed" };
      case "same_person":
        if (leaving !== null) break;
        this.#storage.leave({ into: to, heir: to, home: null });
        return { kind: "agreed" };
    }
    return leaving.heir === to ? { kind: "agreed" } : { kind: "elsewhere", to: leaving.heir };
  }

  /**
   * Asks the address's object, and the objects that it redirects to. Once no other person has the address,
   * its object redirects here directly. On "again" the alarm tries again.
   */
  async #redirectHere(address: Address): Promise<"agreed" | "kept" | "again"> {
    const start = this.#objects.idOf(address);
    let id = start;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const { state } = this.#storage;
      if (state === null) return "again";
      const answer: Pointing =
        id === this.#objects.ownId
          ? { kind: "agreed" }
          : await this.#objects
              .withId(id)
              .pointTo(this.#objects.ownId, claimOn(state, address, false));
      if (answer.kind === "kept") return "kept";
      if (answer.kind !== "elsewhere") {
        if (id === start || start === this.#objects.ownId) {
          return answer.kind === "agreed" ? "agreed" : "again";
        }
        const claim = claimOn(state, address, true);
        const last = await this.#objects.withId(start).pointTo(this.#objects.ownId, claim);
        return last.kind === "agreed" || last.kind === "kept" ? last.kind : "again";
      }
      id = answer.to;
    }
    return "again";
  }
}
