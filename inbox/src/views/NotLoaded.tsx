/** In the place of what did not load: says so, and asks for it again. */
import { words } from "../words/words.ts";
import styles from "./NotLoaded.module.css";

type NotLoadedProps = { text?: string | undefined; again: () => unknown };

export function NotLoaded({ text = words.value.notLoaded, again }: NotLoadedProps) {
  return (
    <div class={styles.note} role="alert">
      <p>{text}</p>
      <button type="button" onClick={() => void again()}>
        {words.value.tryAgain}
      </button>
    </div>
  );
}
