/** A dialog with a title and a button that closes it; the browser gives the focus back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words/words.ts";
import { Icon } from "./Icon.tsx";
import styles from "./TemplatePicker.module.css";

type DialogProps = { title: string; onClose: () => void; children: ComponentChildren };

export function Dialog({ title, onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} class={styles.dialog} aria-label={title} onClose={onClose}>
      <header class={styles.head}>
        <h2>{title}</h2>
        <button
          type="button"
          data-look="quiet"
          aria-label={words.value.dismiss}
          onClick={() => box.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
