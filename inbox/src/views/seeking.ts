/** Finds the message that a quote names: loads older ones until it comes, then shows it. */
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { type Loaded, loadOlder } from "../link/thread.ts";
import { lookUpQuoted } from "../state/quotes.ts";
import type { Range } from "../state/thread-range.ts";

/** Somebody who goes somewhere else no longer waits for it. */
const ENDINGS = ["wheel", "pointerdown", "keydown"];

type Log = {
  box: RefObject<HTMLDivElement | null>;
  ids: readonly string[];
  loaded: Loaded;
  drawn: Range;
  draw: (at: number) => void;
  show: (id: string) => void;
};

/** Returns what begins to look for a message, by Meta's id or ours. */
export function useSeeking(id: string, log: Log): (reference: string) => void {
  const { box, ids, loaded, drawn } = log;
  const sought = useSignal<string | null>(null);
  const { value: reference } = sought;

  useEffect(() => {
    const stopped = new AbortController();
    const stop = () => {
      sought.value = null;
    };
    for (const ending of reference === null ? [] : ENDINGS) {
      box.current?.addEventListener(ending, stop, { signal: stopped.signal });
    }
    return () => stopped.abort();
  }, [reference]);

  useLayoutEffect(() => {
    if (reference === null) return;
    const at = ids.indexOf(lookUpQuoted(id, reference)?.id ?? "");
    const found = ids[at];
    if (found === undefined && loaded !== "all") loadOlder(id);
    else if (found === undefined) sought.value = null;
    else if (at < drawn.from || at >= drawn.to) log.draw(at);
    else {
      sought.value = null;
      log.show(found);
    }
  }, [reference, ids.length, loaded, drawn.from, drawn.to]);

  return (to) => {
    sought.value = to;
  };
}
