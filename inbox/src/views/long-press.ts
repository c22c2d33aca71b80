/** A finger that stays: what a phone's apps open their menus by. */
import type { TargetedTouchEvent } from "preact";
import { useRef } from "preact/hooks";

/** Android reports it sooner, as a click of the other button; iPhones not at all. */
const LONG_MS = 600;

/** They have a menu of the browser's own, or are held to be moved. */
const OWN_USES = "a, audio, video, button";

type Press = { timer: ReturnType<typeof setTimeout>; open: () => void };

export function useLongPress(act: (at: DOMRect) => void) {
  const press = useRef<Press | null>(null);
  const isOpen = useRef(false);
  const end = () => {
    clearTimeout(press.current?.timer);
    press.current = null;
  };
  return {
    onTouchStart({ currentTarget, target, touches: [finger] }: TargetedTouchEvent<HTMLElement>) {
      end();
      isOpen.current = false;
      if (finger === undefined || (target instanceof Element && target.closest(OWN_USES))) return;
      const open = () => {
        end();
        isOpen.current = true;
        // It has it back afterwards: not the box, which would bring up the keyboard.
        currentTarget.focus({ preventScroll: true });
        act(new DOMRect(finger.clientX, finger.clientY));
      };
      press.current = { open, timer: setTimeout(open, LONG_MS) };
    },
    onTouchMove: end,
    onTouchCancel: end,
    onTouchEnd(event: Event) {
      end();
      // What would follow, a click, would close what has just opened.
      if (isOpen.current) event.preventDefault();
    },
    onContextMenu(event: Event) {
      if (press.current === null && !isOpen.current) return;
      event.preventDefault();
      press.current?.open();
    },
  };
}
