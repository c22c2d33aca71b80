/** Keeps the focus near where it was when what has it goes away, moves or is disabled: nobody begins anew at the top. */

/** What belongs together: the focus stays there as long as anything there takes it. */
const GROUP = "article, form, search, nav, main, [data-group]";

const FOCUSABLE =
  "a[href], button:not(:disabled), input:not(:disabled), textarea, select, [tabindex='0']";

type Focused = {
  element: HTMLElement;
  /** From its parent up. */
  around: HTMLElement[];
  /** Of a list, what the focus goes on to. */
  beside: Element[];
};

let last: Focused | null = null;

/** Watches until the function that it returns is called. */
export function keepFocus(): () => void {
  const watched = { childList: true, subtree: true, attributeFilter: ["disabled"] };
  const observer = new MutationObserver(restore);
  observer.observe(document.body, watched);
  document.addEventListener("focusin", remember);
  document.addEventListener("focusout", forgetIfLeft);
  return () => {
    observer.disconnect();
    document.removeEventListener("focusin", remember);
    document.removeEventListener("focusout", forgetIfLeft);
  };
}

function remember({ target: element }: FocusEvent): void {
  if (!(element instanceof HTMLElement)) return;
  const around: HTMLElement[] = [];
  for (let each = element.parentElement; each !== null; each = each.parentElement)
    around.push(each);
  const item = element.closest("li");
  const items = [...(item?.parentElement?.children ?? [])];
  const at = item === null ? 0 : items.indexOf(item);
  last = { element, around, beside: [...items.slice(at + 1), ...items.slice(0, at).toReversed()] };
}

/** Somebody took the focus off what is still there. */
function forgetIfLeft(): void {
  requestAnimationFrame(() => {
    if (isNowhere() && last !== null && isAble(last.element)) last = null;
  });
}

function restore(records: readonly MutationRecord[]): void {
  if (last === null || !isLost(last.element, records)) return;
  heirOf(last)?.focus({ preventScroll: true });
}

function isLost(element: HTMLElement, records: readonly MutationRecord[]): boolean {
  if (document.activeElement === element) return !isAble(element);
  // What the list only moves loses the focus too.
  const hasMoved = () =>
    records.some(({ removedNodes }) => [...removedNodes].some((node) => node.contains(element)));
  return isNowhere() && (!isAble(element) || hasMoved());
}

function heirOf({ element, around, beside }: Focused): HTMLElement | null {
  if (isAble(element)) return element;
  for (const each of around.filter(({ isConnected }) => isConnected)) {
    if (each.tabIndex >= 0) return each;
    const within = each.matches(GROUP) ? [each] : each.matches("ul") ? beside : [];
    const heir = within
      .filter(({ isConnected }) => isConnected)
      .flatMap((part) => [...part.querySelectorAll<HTMLElement>(FOCUSABLE)])
      .find((found) => found.checkVisibility());
    if (heir !== undefined) return heir;
  }
  return null;
}

function isAble(element: HTMLElement): boolean {
  return element.isConnected && !element.matches(":disabled");
}

export function isNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
