/** Holds the order of a list while somebody points at it: the row that is clicked is the row that opens. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

/** After the pointer rests or leaves, the list moves again. */
const HOLD_MS = 400;

export function useHeldOrder(ids: ReadonlySignal<string[]>) {
  const held = useSignal<string[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const hold = () => {
    held.value ??= ids.peek();
    clearTimeout(timer.current);
  };
  const release = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      held.value = null;
    }, HOLD_MS);
  };
  const touch = () => {
    hold();
    release();
  };

  return {
    ids: useComputed(() => withAllOf(held.value, ids.value)),
    handlers: {
      onPointerMove: touch,
      onPointerDown: hold,
      onPointerUp: release,
      onPointerCancel: release,
      onPointerLeave: release,
    },
  };
}

/** The held order without what has gone; what is new waits, unless the list has only grown at its end. */
function withAllOf(held: readonly string[] | null, ids: string[]): string[] {
  if (held === null) return ids;
  const now = new Set(ids);
  const before = new Set(held);
  const end = ids.lastIndexOf(held.at(-1) ?? "");
  if (end === -1) return ids;
  return [
    ...held.filter((id) => now.has(id)),
    ...ids.slice(end + 1).filter((id) => !before.has(id)),
  ];
}
