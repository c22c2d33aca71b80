/** The one alarm of an object: always the earliest thing due. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  #setFor: number | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  get isSet(): boolean {
    return this.#setFor !== null;
  }

  /** After waking: whether an alarm is pending already. */
  async wake(): Promise<void> {
    this.#setFor = await this.#storage.getAlarm();
  }

  /** It has fired: nothing is set any more. */
  fired(): void {
    this.#setFor = null;
  }

  /** Sets the alarm, unless one fires earlier: that one sets the next. */
  atLatest(due: number): void {
    if (this.#setFor !== null && this.#setFor <= due) return;
    this.#setFor = due;
    void this.#storage.setAlarm(due);
  }

  /** Sets it for exactly then, or not at all. */
  async exactly(due: number | null): Promise<void> {
    this.#setFor = due;
    await (due === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(due));
  }
}
