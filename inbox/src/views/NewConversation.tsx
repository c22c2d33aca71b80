/** Begins a conversation: finds the one that there is, else sends a template to the number. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { findByPhone, type Found, sendFirst } from "../link/first-message.ts";
import { callingCode, typedPhone } from "../text/phone.ts";
import { timeZone } from "../time/format.ts";
import { explainReason } from "../words/failure.ts";
import { words } from "../words/words.ts";
import { Icon } from "./Icon.tsx";
import styles from "./NewConversation.module.css";
import { conversationPath, goTo } from "./route.ts";
import { TemplatePicker } from "./TemplatePicker.tsx";

type Step = { kind: "closed" } | { kind: "phone" } | { kind: "template"; phone: string };

export function NewConversation() {
  const step = useSignal<Step>({ kind: "closed" });
  const close = () => {
    step.value = { kind: "closed" };
  };
  const { value: now } = step;
  return (
    <>
      <button
        type="button"
        data-look="quiet"
        aria-label={words.value.newConversation}
        title={words.value.newConversation}
        onClick={() => {
          step.value = { kind: "phone" };
        }}
      >
        <Icon name="plus" />
      </button>
      {now.kind === "phone" && (
        <PhoneDialog
          onClose={close}
          onFree={(phone) => {
            step.value = { kind: "template", phone };
          }}
        />
      )}
      {now.kind === "template" && <FirstTemplate phone={now.phone} onClose={close} />}
    </>
  );
}

function FirstTemplate({ phone, onClose }: { phone: string; onClose: () => void }) {
  const attempt = useRef({ key: crypto.randomUUID(), content: "" });
  const send = async (template: object) => {
    const content = JSON.stringify(template);
    // A key belongs to one content.
    if (attempt.current.content !== content) {
      attempt.current = { key: crypto.randomUUID(), content };
    }
    const sent = await sendFirst(attempt.current.key, phone, template);
    switch (sent.kind) {
      case "sent":
        goTo(conversationPath(sent.conversation_id));
        return null;
      case "unreachable":
        return words.peek().unreachable;
      case "refused": {
        const { problem } = sent;
        const { kind } = explainReason({ ...problem, meta: problem.meta_error }, true);
        return words.peek().failures[kind];
      }
    }
  };
  return <TemplatePicker customer={null} send={send} onClose={onClose} />;
}

type PhoneProps = { onClose: () => void; onFree: (phone: string) => void };

function PhoneDialog({ onClose, onFree }: PhoneProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const found = useSignal<Found | null>(null);
  const isBusy = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);

  const submit = async () => {
    const phone = typedPhone(field.current?.value ?? "");
    if (isBusy.peek()) return;
    isBusy.value = true;
    const answer = await findByPhone(phone);
    isBusy.value = false;
    found.value = answer;
    if (answer.kind === "none") onFree(phone);
    if (answer.kind !== "conversation") return;
    dialog.current?.close();
    goTo(conversationPath(answer.id));
  };

  return (
    <dialog
      ref={dialog}
      class={styles.dialog}
      aria-labelledby="new-conversation-title"
      onClose={onClose}
    >
      <form
        class={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2 id="new-conversation-title">{words.value.newConversation}</h2>
        <label class={styles.label}>
          {words.value.phone}
          <input
            ref={field}
            type="tel"
            autocomplete="off"
            required
            defaultValue={`${callingCode(zoneHere())} `}
            aria-describedby="new-conversation-problem"
          />
        </label>
        <p id="new-conversation-problem" class={styles.problem} role="alert">
          {problemText(found.value)}
        </p>
        <p class={styles.buttons}>
          <button type="button" onClick={() => dialog.current?.close()}>
            {words.value.cancel}
          </button>
          <button type="submit" data-look="main" disabled={isBusy.value}>
            {words.value.next}
          </button>
        </p>
      </form>
    </dialog>
  );
}

function zoneHere(): string {
  return timeZone.peek() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function problemText(found: Found | null): string {
  switch (found?.kind) {
    case "no_phone":
      return words.value.noPhone;
    case "unreachable":
      return words.value.unreachable;
    case "conversation":
    case "none":
    case undefined:
      return "";
  }
}
