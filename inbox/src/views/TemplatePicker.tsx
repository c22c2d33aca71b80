/** Chooses a template to send, and has it filled in. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { loadTemplates } from "../link/templates.ts";
import type { Template } from "../state/views.ts";
import { noteTemplate, recentFirst, templateKey } from "../storage/recent-templates.ts";
import { words } from "../words/words.ts";
import { ownName } from "./Assignee.tsx";
import { Icon } from "./Icon.tsx";
import { NotLoaded } from "./NotLoaded.tsx";
import { type Send, TemplateForm } from "./TemplateForm.tsx";
import styles from "./TemplatePicker.module.css";

type PickerProps = {
  /** The customer's name, for templates that ask for it. */
  customer: string | null;
  send: Send;
  onClose: () => void;
};

export function TemplatePicker({ customer, send, onClose }: PickerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const templates = useSignal<readonly Template[] | null | "loading">("loading");
  const search = useSignal("");
  const chosen = useSignal<Template | null>(null);

  const load = async () => {
    const loaded = await loadTemplates();
    templates.value = loaded === null ? null : recentFirst(ownName(), loaded);
  };
  useEffect(() => {
    dialog.current?.showModal();
    void load();
  }, []);

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
          <TemplateList
            templates={templates.value}
            search={search.value}
            chosen={chosen}
            again={load}
          />
        </div>
        {chosen.value !== null && (
          <TemplateForm
            key={templateKey(chosen.value)}
            template={chosen.value}
            customer={customer}
            send={send}
            onSent={() => {
              if (chosen.value !== null) noteTemplate(ownName(), chosen.value);
              close();
            }}
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
  again: () => Promise<void>;
};

function TemplateList({ templates, search, chosen, again }: ListProps) {
  if (templates === "loading") return <p>{words.value.loading}</p>;
  if (templates === null) return <NotLoaded again={again} />;
  const found = templates.filter(({ name }) => name.includes(search.replaceAll(" ", "_")));
  if (found.length === 0) {
    return <p>{templates.length === 0 ? words.value.noTemplates : words.value.noSuchTemplate}</p>;
  }
  return (
    <ul class={styles.list}>
      {found.map((template) => (
        <li key={templateKey(template)}>
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
              {template.language} · {categoryOf(template)}
            </small>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Meta may have more than the page has a word for. */
function categoryOf({ category }: Template): string {
  const known: Readonly<Record<string, string>> = words.value.categories;
  return known[category ?? ""] ?? "";
}
