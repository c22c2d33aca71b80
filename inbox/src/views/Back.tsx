/** Back to the list, where a phone shows one of the two. */
import { words } from "../words/words.ts";
import styles from "./Back.module.css";
import { Icon } from "./Icon.tsx";
import { follow, LIST_PATH } from "./route.ts";

export function Back() {
  return (
    <a class={styles.back} href={LIST_PATH} aria-label={words.value.back} onClick={follow}>
      <Icon name="back" />
    </a>
  );
}
