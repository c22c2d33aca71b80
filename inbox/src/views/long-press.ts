/** A finger that stays on a message opens its menu, as in a phone's apps. */
import type { TargetedTouchEvent } from "preact";
import { useRef } from "preact/hooks";
import type { Message } from "../state/views.ts";
import { menu } from "./menu.ts";

/** Android reports it sooner, as a click of the other button; iPhones not at all. */
const LONG_MS = 600;

/** They have a menu of the browser's own, or are held to be moved. */
const OWN_USES = "a, audio, video, button";

export function useLongPress(message: Message | null) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const open = useRef<(() => void) | null>(null);
  const end = () => {
    clearTimeout(timer.current);
    open.current = null;
  };
  return {
    onTouchStart({ currentTarget, target, touches: [finger] }: TargetedTouchEvent<HTMLElement>) {
      end();
      const isOther = target instanceof Element && target.closest(OWN_USES) !== null;
      if (message === null || finger === undefined || isOther) return;
      open.current = () => {
        end();
        // It has it back afterwards: not the box, which would bring up the keyboard.
        currentTarget.focus({ preventScroll: true });
        menu.value = { message, at: new DOMRect(finger.clientX, finger.clientY) };
      };
      timer.current = setTimeout(open.current, LONG_MS);
    },
    onTouchMove: end,
    onTouchCancel: end,
    onTouchEnd(event: Event) {
      end();
      // What would follow, a click, would close what has just opened.
      if (menu.peek() !== null) event.preventDefault();
    },
    onContextMenu(event: Event) {
      open.current?.();
      // A mouse has the browser's own.
      if (menu.peek() !== null) event.preventDefault();
    },
  };
}
