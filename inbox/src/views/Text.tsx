/** A text with its links and marks as elements. */
import { useSignal } from "@preact/signals";
import { parseText, type Part } from "../text/markup.ts";
import { words } from "../words/words.ts";
import styles from "./Text.module.css";

/** A longer text would push all others off the screen. */
const MOST_LINES = 12;
const MOST_CHARACTERS = 1_200;

/** Far more than a folded text shows; one of nothing but links would take seconds to draw. */
const MOST_DRAWN_FOLDED = 5_000;

export function Text({ text }: { text: string }) {
  const isWhole = useSignal(false);
  const isLong = text.length > MOST_CHARACTERS || text.split("\n").length > MOST_LINES;
  return (
    <>
      <p class={styles.text} data-short={isLong && !isWhole.value} dir="auto">
        <Parts
          parts={parseText(isWhole.value || !isLong ? text : text.slice(0, MOST_DRAWN_FOLDED))}
        />
      </p>
      {isLong && !isWhole.value && (
        <button
          type="button"
          data-look="quiet"
          onClick={() => {
            isWhole.value = true;
          }}
        >
          {words.value.readMore}
        </button>
      )}
    </>
  );
}

function Parts({ parts }: { parts: readonly Part[] }) {
  return parts.map((part, place) => <One key={place} part={part} />);
}

function One({ part }: { part: Part }) {
  switch (part.kind) {
    case "text":
      return part.text;
    case "link":
      return (
        <a href={part.href} target="_blank" rel="noopener noreferrer nofollow">
          <bdi>{part.text}</bdi>
        </a>
      );
    case "code":
      return <code>{part.text}</code>;
    case "bold":
      return (
        <strong>
          <Parts parts={part.parts} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Parts parts={part.parts} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Parts parts={part.parts} />
        </s>
      );
  }
}
