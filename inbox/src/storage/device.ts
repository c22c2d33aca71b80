/** Small things that the page keeps in localStorage. Where a browser forbids that or has no room, nothing is kept. */

export function kept(name: string): string | null {
  return withStorage((storage) => storage.getItem(name));
}

export function keep(name: string, value: string): void {
  withStorage((storage) => storage.setItem(name, value));
}

export function forget(name: string): void {
  withStorage((storage) => storage.removeItem(name));
}

export function forgetAllWith(prefix: string): void {
  for (const name of withStorage((storage) => Object.keys(storage)) ?? []) {
    if (name.startsWith(prefix)) forget(name);
  }
}

/** Looking at `localStorage` throws where cookies are blocked. */
function withStorage<Result>(action: (storage: Storage) => Result): Result | null {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
}
