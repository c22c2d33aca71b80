/** In the place of what did not load: says so, and asks for it again. */
import { useSignal } from "@preact/signals";
import { words } from "../words/words.ts";
import styles from "./NotLoaded.module.css";

type NotLoadedProps = { text?: string | undefined; again: () => unknown };

export function NotLoaded({ text = words.value.notLoaded, again }: NotLoadedProps) {
  const isBusy = useSignal(false);
  const ask = async () => {
    isBusy.value = true;
    await again();
    isBusy.value = false;
  };
  return (
    <div class={styles.note} role="alert">
      <p>{text}</p>
      <button type="button" aria-disabled={isBusy.value} onClick={() => void ask()}>
        {isBusy.value ? words.value.loading : words.value.tryAgain}
      </button>
    </div>
  );
}
