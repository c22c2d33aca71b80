/** The outbox on this device, one database for each of the staff: it survives a reload, and a browser that closes. */
import { clear, createStore, del, entries, get, set, type UseStore } from "idb-keyval";
import type { Entry } from "../state/outbox.ts";

let store: UseStore | null = null;

export function openOutboxStore(staff: string): void {
  store = createStore(`paloma-inbox-${staff}`, "outbox");
}

/** What this person left here; null where the device does not say, or somebody else has come meanwhile. */
export async function readEntries(): Promise<Entry[] | null> {
  const asked = store;
  if (asked === null) return null;
  const found = await within(
    null,
    async (open) => (await entries<string, Entry>(open)).map(([, entry]) => entry),
    asked,
  );
  return asked === store ? found : null;
}

/** Whether the device keeps it now. */
export async function saveEntry(entry: Entry): Promise<boolean> {
  if (store === null) return false;
  return within(false, async (open) => set(entry.key, entry, open).then(() => true), store);
}

export async function removeEntry(key: string): Promise<void> {
  if (store !== null) await within(undefined, (open) => del(key, open), store);
}

/** Whether it is still to be sent; another tab may have sent it. */
export async function isStored(key: string): Promise<boolean> {
  if (store === null) return false;
  return within(true, async (open) => (await get<Entry>(key, open)) !== undefined, store);
}

export async function clearEntries(): Promise<void> {
  if (store !== null) await within(undefined, clear, store);
}

/** Far more than a device takes. */
const PATIENCE_MS = 2_000;

/**
 * Where the browser keeps nothing, such as in some private windows, or its storage never answers, the page's memory
 * must do.
 */
async function within<Result>(
  otherwise: Result,
  action: (open: UseStore) => Promise<Result>,
  open: UseStore,
): Promise<Result> {
  try {
    const late = new Promise<Result>((resolve) => {
      setTimeout(() => resolve(otherwise), PATIENCE_MS);
    });
    return await Promise.race([action(open), late]);
  } catch {
    return otherwise;
  }
}
