/** The one alarm of an object, always set for the earliest thing due. */
import { SECOND_MS } from "../../lib/time.ts";

/**
 * How long the object has to bring a change by itself before the alarm does. It must be less than the 10
 * seconds without work after which the platform forgets an object's memory: a later alarm would have to
 * wake the object and ask D1 what it has.
 */
export const BRINGING_GRACE_MS = 5 * SECOND_MS;

export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  #setFor: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get isSet(): boolean {
    return this.#setFor !== null;
  }

  /** When the alarm fires, in milliseconds; null = none is set. */
  get setFor(): number | null {
    return this.#setFor;
  }

  /** After waking: whether an alarm is pending already. */
  async wake(): Promise<void> {
    this.#setFor = await this.#storage.getAlarm();
  }

  /** The alarm fired: none is set any more. */
  fired(): void {
    this.#setFor = null;
  }

  /** A transaction failed: the platform has the alarm that was set before it. */
  undo(setFor: number | null): void {
    this.#setFor = setFor;
  }

  /** Sets the alarm, unless an earlier one is set: that one sets the next. */
  atLatest(due: number): void {
    if (this.#setFor !== null && this.#setFor <= due) return;
    this.#setFor = due;
    void this.#storage.setAlarm(due);
  }

  /** Sets the alarm for exactly this time; null removes it. One that fired is gone by itself. */
  async exactly(due: number | null): Promise<void> {
    if (this.#setFor === due) return;
    this.#setFor = due;
    await (due === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(due));
  }
}
