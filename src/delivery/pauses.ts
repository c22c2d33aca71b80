/**
 * Subscribers that are left alone for a while because the last try found nobody. Known to this
 * isolate alone: another one finds out by itself.
 */
export class Pauses {
  readonly #until = new Map<string, number>();

  /** Milliseconds that are left; 0 if it may be tried. */
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
