/** What a message contains, by its type. All of it is a customer's, or Meta's: only ever text. */
import type { ComponentChildren } from "preact";
import type { Message } from "../state/views.ts";
import { answersIn, kindOf, listIn, memberOf, textIn, textOf } from "../text/describe.ts";
import { safeText } from "../text/markup.ts";
import { words } from "../words/words.ts";
import styles from "./Content.module.css";
import { File } from "./File.tsx";
import { Icon } from "./Icon.tsx";
import { Text } from "./Text.tsx";

export function Content({ message }: { message: Message }) {
  const text = textOf(message);
  return (
    <>
      {message.attachments.map((attachment) => (
        <File
          key={attachment.media_id ?? attachment.url ?? attachment.type}
          attachment={attachment}
          content={message.content}
        />
      ))}
      <Special message={message} />
      {text !== null && text !== "" && <Text text={text} />}
      <Buttons message={message} />
    </>
  );
}

/** What has neither file nor text of its own. */
function Special({ message }: { message: Message }) {
  const { type, content } = message;
  switch (type) {
    case "location":
      return <Location content={content} />;
    case "contacts":
      return <Cards content={content} />;
    case "order":
      return <Order content={content} />;
    case "interactive":
      return <Answers content={content} />;
    default: {
      const isEmpty = textOf(message) === null && message.attachments.length === 0;
      return isEmpty ? <Note>{kindOf(type, words.value)}</Note> : null;
    }
  }
}

function Note({ children }: { children: ComponentChildren }) {
  return <p class={styles.note}>{children}</p>;
}

function Location({ content }: { content: unknown }) {
  const at = [memberOf(content, "latitude"), memberOf(content, "longitude")].map(Number);
  const name = textIn(content, "name");
  const address = textIn(content, "address");
  return (
    <div class={styles.card}>
      <Icon name="pin" />
      <div>
        <p dir="auto">{name === null ? words.value.types.location : safeText(name)}</p>
        {address !== null && (
          <p class={styles.note} dir="auto">
            {safeText(address)}
          </p>
        )}
        {at.every(Number.isFinite) && (
          <a
            href={`https://www.google.com/maps/search/?api=1&query=${at.join(",")}`}
            target="_blank"
            rel="noopener noreferrer nofollow"
          >
            {words.value.openMap}
          </a>
        )}
      </div>
    </div>
  );
}

function Cards({ content }: { content: unknown }) {
  const cards = Array.isArray(content) ? content : [];
  return cards.map((card: unknown, place) => (
    <div key={place} class={styles.card}>
      <Icon name="person" />
      <div>
        <p dir="auto">
          {safeText(textIn(card, "name", "formatted_name") ?? words.value.types.contacts)}
        </p>
        {[...listIn(card, "phones"), ...listIn(card, "emails")].flatMap((way) => {
          const shown = textIn(way, "phone") ?? textIn(way, "email") ?? textIn(way, "wa_id");
          return shown === null
            ? []
            : [
                <p key={shown} class={styles.note}>
                  <bdi>{safeText(shown)}</bdi>
                </p>,
              ];
        })}
      </div>
    </div>
  ));
}

function Order({ content }: { content: unknown }) {
  const note = textIn(content, "text");
  return (
    <>
      <Note>{words.value.types.order}</Note>
      <ul>
        {listIn(content, "product_items").map((item, place) => (
          <li key={place}>
            {words.value.quantity(
              Number(memberOf(item, "quantity") ?? 1),
              safeText(textIn(item, "product_retailer_id") ?? "?"),
            )}
          </li>
        ))}
      </ul>
      {note !== null && <Text text={note} />}
    </>
  );
}

function Answers({ content }: { content: unknown }) {
  const answers = answersIn(content);
  if (answers.length === 0) return null;
  return (
    <dl class={styles.answers}>
      {answers.map(([name, value]) => (
        <div key={name}>
          <dt>{safeText(name)}</dt>
          <dd dir="auto">{safeText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What the customer may tap on, as labels. */
function Buttons({ message: { type, direction, content } }: { message: Message }) {
  if (type !== "interactive" || direction === "inbound") return null;
  const action = memberOf(content, "action");
  const titles = [
    ...listIn(action, "buttons").map((button) => textIn(button, "reply", "title")),
    textIn(action, "button"),
    textIn(action, "parameters", "display_text"),
  ].filter((title) => title !== null);
  return titles.length === 0 ? null : (
    <ul class={styles.buttons}>
      {titles.map((title) => (
        <li key={title}>{safeText(title)}</li>
      ))}
    </ul>
  );
}
