/** The outlines that index.html has. */
import styles from "./Icon.module.css";

export type IconName =
  | "back"
  | "search"
  | "send"
  | "clock"
  | "check"
  | "checks"
  | "alert"
  | "question"
  | "down"
  | "reply"
  | "smile"
  | "copy"
  | "info"
  | "close"
  | "plus"
  | "image"
  | "video"
  | "voice"
  | "file"
  | "pin"
  | "person"
  | "people";

/** Decorative: the words beside it say the same. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={styles.icon} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <use href={`#icon-${name}`} />
    </svg>
  );
}
