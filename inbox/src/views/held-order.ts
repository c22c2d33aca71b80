/** Holds the order of a list while somebody points at it: the row that is clicked is the row that opens. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { heldOrder } from "../state/list.ts";

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
    ids: useComputed(() => (held.value === null ? ids.value : heldOrder(held.value, ids.value))),
    handlers: {
      onPointerMove: touch,
      onPointerDown: hold,
      onPointerUp: release,
      onPointerCancel: release,
      onPointerLeave: release,
    },
  };
}
