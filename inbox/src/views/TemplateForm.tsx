/** What a template asks for, and how the customer will read it. */
import { useComputed, useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect } from "preact/hooks";
import { previewTemplate } from "../link/templates.ts";
import type { Template, TemplatePreview } from "../state/views.ts";
import {
  contentOf,
  type Field,
  fieldOfProblem,
  fieldsOf,
  firstValues,
  missingIn,
  previewText,
  type Values,
} from "../text/template-form.ts";
import { words } from "../words/words.ts";
import { NotLoaded } from "./NotLoaded.tsx";
import styles from "./TemplatePicker.module.css";
import { TemplatePreviewBubble } from "./TemplatePreviewBubble.tsx";

/** Typing a name is one question, not one a letter. */
const PREVIEW_AFTER_MS = 250;

/** Sends a template, whose text is for the bubble; resolves to what is wrong, or null once it is on its way. */
export type Send = (template: object, text: string) => Promise<string | null>;

type FormProps = { template: Template; customer: string | null; send: Send; onSent: () => void };

export function TemplateForm({ template, customer, send, onSent }: FormProps) {
  const fields = fieldsOf(template);
  const values = useSignal<Values>(firstValues(fields, customer));
  const preview = useSignal<{ of: Values; shown: TemplatePreview } | null>(null);
  const isUnknown = useSignal(false);
  const problem = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  const hasTried = useSignal(false);
  const missing = new Set(missingIn(fields, values.value).map(({ key }) => key));
  // What was wrong with an earlier value says nothing of this one.
  const refused = useComputed(() =>
    preview.value?.of === values.value
      ? preview.value.shown.errors.map(({ pointer }) => fieldOfProblem(template, pointer))
      : [],
  );
  const ask = async () => {
    const { value: of } = values;
    const shown = await previewTemplate(contentOf(template, of));
    isUnknown.value = shown === null;
    if (shown !== null && of === values.peek()) preview.value = { of, shown };
    return shown;
  };

  useEffect(() => {
    const timer = setTimeout(() => void ask(), preview.peek() === null ? 0 : PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [values.value]);

  const problemOf = (field: Field) => {
    if (missing.has(field.key)) return hasTried.value ? words.value.required : "";
    return refused.value.some((each) => each?.key === field.key) ? words.value.badParameter : "";
  };

  const submit = async () => {
    hasTried.value = true;
    if (missing.size > 0 || isBusy.peek()) return;
    isBusy.value = true;
    const content = contentOf(template, values.peek());
    const shown = await ask();
    // Without a network the message waits for it, and is checked when it leaves.
    if (shown === null || shown.errors.length === 0) {
      problem.value = await send(content, shown === null ? template.name : previewText(shown));
      if (problem.peek() === null) onSent();
    }
    isBusy.value = false;
  };

  return (
    <form
      class={styles.form}
      noValidate
      onSubmit={(event: TargetedSubmitEvent<HTMLFormElement>) => {
        event.preventDefault();
        void submit();
      }}
    >
      {template.category === "MARKETING" && <p class={styles.marketing}>{words.value.marketing}</p>}
      {fields.map((field) => (
        <FieldInput key={field.key} field={field} values={values} problem={problemOf(field)} />
      ))}
      {preview.value !== null && <TemplatePreviewBubble preview={preview.value.shown} />}
      {isUnknown.value && <NotLoaded again={ask} />}
      <p class={styles.problem} role="alert">
        {refused.value.includes(null) ? words.value.failures.template : problem.value}
      </p>
      <button type="submit" data-look="main" disabled={isBusy.value}>
        {words.value.sendTemplate}
      </button>
    </form>
  );
}

type FieldProps = { field: Field; values: { value: Values }; problem: string };

function FieldInput({ field, values, problem }: FieldProps) {
  const { key, place, example } = field;
  const problemId = `problem-${key.replaceAll(" ", "-")}`;
  return (
    <div class={styles.field}>
      <label>
        {labelOf(field)}
        <input
          type="text"
          inputMode={place === "header_file" ? "url" : "text"}
          value={values.value[key] ?? ""}
          placeholder={example}
          aria-invalid={problem !== ""}
          aria-describedby={problemId}
          onInput={({ currentTarget }) => {
            values.value = { ...values.value, [key]: currentTarget.value };
          }}
        />
      </label>
      <p id={problemId} class={styles.problem}>
        {problem}
      </p>
    </div>
  );
}

function labelOf({ place, name }: Field): string {
  switch (place) {
    case "header":
      return words.value.headerField(name);
    case "header_file":
      return words.value.fileField;
    case "body":
      return /^\d+$/u.test(name) ? words.value.bodyField(name) : name;
    case "button":
      return words.value.buttonField(name);
  }
}
