/** Keeps the focus of the keyboard where what has it is taken away: else it would begin anew at the top of the page. */
import { useLayoutEffect, useRef } from "preact/hooks";

/** @param heir what takes the focus over from an element that is gone */
export function useKeptFocus(heir: (gone: Element) => HTMLElement | null | undefined) {
  const focused = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const { current: gone } = focused;
    if (gone === null || gone.isConnected || document.activeElement !== document.body) return;
    focused.current = null;
    heir(gone)?.focus({ preventScroll: true });
  });
  return {
    onFocusIn: ({ target }: FocusEvent) => {
      focused.current = target instanceof Element ? target : null;
    },
    onFocusOut: ({ target, relatedTarget }: FocusEvent) => {
      // The browser says so too when the element is removed, shortly before.
      queueMicrotask(() => {
        const isLeft = relatedTarget !== null || (target instanceof Element && target.isConnected);
        if (isLeft && focused.current === target) focused.current = null;
      });
    },
  };
}
