/** Chooses a template, asks for what it needs, and shows it as the customer will read it. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { send } from "../link/sending.ts";
import { loadTemplates } from "../link/templates.ts";
import { refreshThread } from "../link/thread.ts";
import type { Conversation, Template } from "../state/views.ts";
import {
  contentOf,
  type Field,
  fieldsOf,
  filledText,
  firstValues,
  missingIn,
  partsOf,
  type Values,
} from "../text/template-form.ts";
import { words } from "../words/words.ts";
import { Icon } from "./Icon.tsx";
import styles from "./TemplatePicker.module.css";
import { Text } from "./Text.tsx";

type PickerProps = { conversation: Conversation; onClose: () => void };

export function TemplatePicker({ conversation, onClose }: PickerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const templates = useSignal<readonly Template[] | null | "loading">("loading");
  const search = useSignal("");
  const chosen = useSignal<Template | null>(null);

  useEffect(() => {
    dialog.current?.showModal();
    void (async () => {
      templates.value = await loadTemplates();
    })();
  }, [templates]);

  const close = () => dialog.current?.close();
  return (
    <dialog ref={dialog} class={styles.dialog} aria-labelledby="picker-title" onClose={onClose}>
      <header class={styles.head}>
        <h2 id="picker-title">{words.value.templates}</h2>
        <button type="button" data-look="quiet" aria-label={words.value.dismiss} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class={styles.columns}>
        <div class={styles.choice}>
          <input
            type="search"
            aria-label={words.value.findTemplate}
            placeholder={words.value.findTemplate}
            onInput={({ currentTarget }) => {
              search.value = currentTarget.value.trim().toLowerCase();
            }}
          />
          <TemplateList templates={templates.value} search={search.value} chosen={chosen} />
        </div>
        {chosen.value !== null && (
          <TemplateForm
            key={`${chosen.value.name} ${chosen.value.language}`}
            template={chosen.value}
            conversation={conversation}
            onSent={close}
          />
        )}
      </div>
    </dialog>
  );
}

type ListProps = {
  templates: readonly Template[] | null | "loading";
  search: string;
  chosen: { value: Template | null };
};

function TemplateList({ templates, search, chosen }: ListProps) {
  if (templates === "loading") return <p>{words.value.loading}</p>;
  if (templates === null) return <p role="alert">{words.value.unreachable}</p>;
  const found = templates.filter(({ name }) => name.includes(search.replaceAll(" ", "_")));
  if (found.length === 0) return <p>{words.value.noTemplates}</p>;
  return (
    <ul class={styles.list}>
      {found.map((template) => (
        <li key={`${template.name} ${template.language}`}>
          <button
            type="button"
            data-look="quiet"
            aria-pressed={chosen.value === template}
            onClick={() => {
              chosen.value = template;
            }}
          >
            <span>{template.name.replaceAll("_", " ")}</span>{" "}
            <small>
              {template.language} · {template.category?.toLowerCase()}
            </small>
          </button>
        </li>
      ))}
    </ul>
  );
}

type FormProps = { template: Template; conversation: Conversation; onSent: () => void };

function TemplateForm({ template, conversation, onSent }: FormProps) {
  const fields = fieldsOf(template);
  const values = useSignal<Values>(firstValues(fields, conversation.contact.name));
  const hasTried = useSignal(false);
  const missing = new Set(missingIn(fields, values.value).map(({ key }) => key));
  const text = filledText(template, values.value);

  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    hasTried.value = true;
    if (missing.size > 0) return;
    const body = { type: "template", template: contentOf(template, values.value) };
    void send({ conversation_id: conversation.id, text, request: { kind: "message", body } }).then(
      refreshThread,
    );
    onSent();
  };

  return (
    <form class={styles.form} onSubmit={submit} noValidate>
      {template.category === "MARKETING" && <p class={styles.marketing}>{words.value.marketing}</p>}
      {fields.map((field) => (
        <div key={field.key} class={styles.field}>
          <label>
            {labelOf(field)}
            <input
              type="text"
              inputMode={field.place === "header_file" ? "url" : "text"}
              value={values.value[field.key] ?? ""}
              placeholder={field.example}
              aria-invalid={hasTried.value && missing.has(field.key)}
              aria-describedby={`problem-${field.key.replaceAll(" ", "-")}`}
              onInput={({ currentTarget }) => {
                values.value = { ...values.value, [field.key]: currentTarget.value };
              }}
            />
          </label>
          <p id={`problem-${field.key.replaceAll(" ", "-")}`} class={styles.problem}>
            {hasTried.value && missing.has(field.key) ? words.value.required : ""}
          </p>
        </div>
      ))}
      <section class={styles.preview} aria-label={words.value.templatePreview}>
        <Text text={text} />
        <ul>
          {partsOf(template).buttons.map((button) => (
            <li key={button.text}>{button.text}</li>
          ))}
        </ul>
      </section>
      <button type="submit" data-look="main">
        {words.value.sendTemplate}
      </button>
    </form>
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
