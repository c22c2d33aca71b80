/** All that is known of one message, over the page. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MessageWithStatusesView } from "../../../src/api/messages/schema.ts";
import { ask } from "../link/api.ts";
import { conversationOf, messageNow } from "../state/live.ts";
import type { Message } from "../state/views.ts";
import { factsOf } from "../text/details.ts";
import { safeText } from "../text/markup.ts";
import { fullTime } from "../time/format.ts";
import { words } from "../words/words.ts";
import { authorOf } from "./author.ts";
import styles from "./Details.module.css";
import { Icon } from "./Icon.tsx";
import { detailed } from "./menu.ts";
import pickerStyles from "./TemplatePicker.module.css";

export function Details() {
  const { value: chosen } = detailed;
  const message = chosen === null ? null : messageNow(chosen);
  return message === null ? null : <Dialog key={message.id} message={message} />;
}

/** Who goes to another conversation does not find it open on coming back. */
function openOrForget(dialog: HTMLDialogElement | null): void {
  if (dialog === null) forget();
  else dialog.showModal();
}

function forget(): void {
  detailed.value = null;
}

type Statuses = MessageWithStatusesView["statuses"];

function Dialog({ message }: { message: Message }) {
  const statuses = useSignal<Statuses>([]);
  const isMissing = useSignal(false);
  useEffect(() => {
    let isCurrent = true;
    void (async () => {
      const answer = await ask<MessageWithStatusesView>("GET", `messages/${message.id}`);
      if (!isCurrent) return;
      isMissing.value = answer.kind !== "ok";
      if (answer.kind === "ok") statuses.value = answer.body.statuses;
    })();
    return () => {
      isCurrent = false;
    };
    // The view changes with each status.
  }, [message]);

  const author = authorOf(message, conversationOf(message.conversation_id));
  return (
    <dialog
      ref={openOrForget}
      class={pickerStyles.dialog}
      aria-labelledby="details-title"
      onClose={forget}
    >
      <header class={pickerStyles.head}>
        <h2 id="details-title">{words.value.details}</h2>
        <button type="button" data-look="quiet" aria-label={words.value.dismiss} onClick={forget}>
          <Icon name="close" />
        </button>
      </header>
      <dl class={styles.facts}>
        {factsOf(message, statuses.value, author, words.value).map(({ name, at, lines }, place) => (
          <div key={place}>
            <dt>{name}</dt>
            {typeof at === "string" && (
              <dd>
                <time dateTime={at}>{fullTime(at)}</time>
              </dd>
            )}
            {lines?.map((line) => (
              <dd key={line} dir="auto">
                {safeText(line ?? "")}
              </dd>
            ))}
          </div>
        ))}
      </dl>
      {isMissing.value && <p role="alert">{words.value.unreachable}</p>}
    </dialog>
  );
}
