/** A finger that stays: what a phone's apps open their menus by, and iPhones have no event for. */
import type { TargetedTouchEvent } from "preact";
import { useRef } from "preact/hooks";

/** As Android and iOS have it. */
const LONG_MS = 500;

/** They have a menu of the browser's own, or are held to be moved. */
const OWN_USES = "a, audio, video, button";

export function useLongPress(act: (at: DOMRect) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const isLong = useRef(false);
  const end = () => clearTimeout(timer.current);
  return {
    onTouchStart({ currentTarget, target, touches: [finger] }: TargetedTouchEvent<HTMLElement>) {
      end();
      isLong.current = false;
      if (finger === undefined || (target instanceof Element && target.closest(OWN_USES))) return;
      timer.current = setTimeout(() => {
        isLong.current = true;
        // It has it back afterwards: not the box, which would bring up the keyboard.
        currentTarget.focus({ preventScroll: true });
        act(new DOMRect(finger.clientX, finger.clientY));
      }, LONG_MS);
    },
    onTouchMove: end,
    onTouchCancel: end,
    onTouchEnd(event: Event) {
      end();
      // What would follow, a click, would close what has just opened.
      if (isLong.current) event.preventDefault();
    },
  };
}
