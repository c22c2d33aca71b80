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
import { Dialog } from "./Dialog.tsx";
import { detailed } from "./menu.ts";

export function Details() {
  const { value: chosen } = detailed;
  const message = chosen === null ? null : messageNow(chosen);
  return message === null ? null : <Facts key={message.id} message={message} />;
}

function forget(): void {
  detailed.value = null;
}

type Statuses = MessageWithStatusesView["statuses"];

function Facts({ message }: { message: Message }) {
  const statuses = useSignal<Statuses>([]);
  const isMissing = useSignal(false);
  // Who goes to another conversation does not find it open on coming back.
  useEffect(() => forget, []);
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
    <Dialog title={words.value.details} onClose={forget}>
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
    </Dialog>
  );
}
