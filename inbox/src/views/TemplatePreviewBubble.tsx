/** A template as the customer will read it. */
import type { TemplatePreview } from "../state/views.ts";
import { kindOf, textIn } from "../text/describe.ts";
import { previewText } from "../text/template-form.ts";
import { words } from "../words/words.ts";
import styles from "./TemplatePicker.module.css";
import { Text } from "./Text.tsx";

export function TemplatePreviewBubble({ preview }: { preview: TemplatePreview }) {
  const { header, buttons } = preview;
  return (
    <section class={styles.preview} aria-label={words.value.templatePreview}>
      {header !== null && header.text === null && (
        <p>{kindOf(header.format.toLowerCase(), words.value)}</p>
      )}
      <Text text={previewText(preview)} />
      <ul>
        {buttons.map((button, place) => (
          <li key={place}>{textIn(button, "text")}</li>
        ))}
      </ul>
    </section>
  );
}
