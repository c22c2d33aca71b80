/** Holds the order of a list while somebody points at it: the row that is clicked is the row that opens. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { heldOrder, waitingChanges } from "../state/list.ts";

/** After the pointer rests or leaves, the list moves again. */
const HOLD_MS = 400;

export function useHeldOrder(ids: ReadonlySignal<string[]>) {
  const held = useSignal<string[] | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isPointerHigh = useRef(false);
  const shown = useComputed(() =>
    held.value === null ? ids.value : heldOrder(held.value, ids.value),
  );

  const hold = ({ clientY }: { clientY: number }) => {
    isPointerHigh.current = clientY < innerHeight / 2;
    held.value ??= ids.peek();
    clearTimeout(timer.current);
  };
  const show = () => {
    clearTimeout(timer.current);
    held.value = null;
  };
  const release = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(show, HOLD_MS);
  };

  return {
    ids: shown,
    /** How many rows would move. */
    changes: useComputed(() => (held.value === null ? 0 : waitingChanges(shown.value, ids.value))),
    /** Ends it at once. */
    show,
    isPointerHigh,
    handlers: {
      onPointerMove(event: PointerEvent) {
        hold(event);
        release();
      },
      onPointerDown: hold,
      onPointerUp: release,
      onPointerCancel: release,
      onPointerLeave: release,
    },
  };
}
