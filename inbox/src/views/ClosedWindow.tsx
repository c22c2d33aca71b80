/** In place of the box where WhatsApp allows only templates. The draft stays, to be read and copied. */
import { draftOf } from "../storage/drafts.ts";
import { words } from "../words/words.ts";
import styles from "./ClosedWindow.module.css";

type ClosedWindowProps = { id: string; kind: "closed" | "never"; onPickTemplate: () => void };

export function ClosedWindow({ id, kind, onPickTemplate }: ClosedWindowProps) {
  const draft = draftOf(id).value.trim();
  return (
    <div class={styles.closed}>
      <p>{kind === "never" ? words.value.windowNever : words.value.windowClosed}</p>
      {draft !== "" && (
        <blockquote class={styles.draft} dir="auto" aria-label={words.value.yourDraft}>
          {draft}
        </blockquote>
      )}
      <button type="button" data-look="main" onClick={onPickTemplate}>
        {words.value.chooseTemplate}
      </button>
    </div>
  );
}
