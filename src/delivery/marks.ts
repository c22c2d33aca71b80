/**
 * Subscribers that a try found away, or slow, and what holds of them for a while. Known to this
 * isolate alone: another one finds out by itself.
 */
export class Marks {
  readonly #until = new Map<string, number>();

  /** Milliseconds that are left; 0 if it is not marked. */
  left(url: string, now: number): number {
    return Math.max(0, (this.#until.get(url) ?? 0) - now);
  }

  begin(url: string, until: number): void {
    this.#until.set(url, until);
  }

  end(url: string): void {
    this.#until.delete(url);
  }
}
