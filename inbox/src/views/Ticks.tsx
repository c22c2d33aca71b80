/** How far a message of ours has come: an icon with its word, never a colour alone. */
import { words } from "../words/words.ts";
import { Icon, type IconName } from "./Icon.tsx";
import styles from "./Ticks.module.css";

type Known = keyof typeof ICONS;

const ICONS = {
  scheduled: "clock",
  queued: "clock",
  pending: "clock",
  waiting: "clock",
  accepted: "check",
  sent: "check",
  delivered: "checks",
  read: "checks",
  played: "checks",
  failed: "alert",
  unconfirmed: "question",
  canceled: "close",
} as const satisfies Record<string, IconName>;

export function Ticks({ status }: { status: string }) {
  if (!isKnown(status)) return null;
  const word = words.value.status[status];
  return (
    <span class={styles.ticks} data-status={status} title={word}>
      <Icon name={ICONS[status]} />
      <span class="hidden">{word}</span>
    </span>
  );
}

/** Meta may report more than the page has a word for. */
function isKnown(status: string): status is Known {
  return Object.hasOwn(ICONS, status);
}
