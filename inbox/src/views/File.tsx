/** A file in a message. Its box has its size before the file comes, so that nothing moves. */
import { useSignal } from "@preact/signals";
import { INBOX_PATH } from "../link/api.ts";
import type { Attachment } from "../state/views.ts";
import { fileKind } from "../text/describe.ts";
import { safeText } from "../text/markup.ts";
import { words } from "../words/words.ts";
import styles from "./File.module.css";
import { Icon } from "./Icon.tsx";
import { NotLoaded } from "./NotLoaded.tsx";

/** What WhatsApp records, and not every browser plays. */
const VOICE_NOTE_TYPE = "audio/ogg; codecs=opus";

export function File({ attachment, content }: { attachment: Attachment; content: unknown }) {
  /** Whether our copy was there when it failed: what Meta did not have yet may be here by now. */
  const failedWith = useSignal<boolean | null>(null);
  const { media_id: id, filename, error } = attachment;
  const kind = fileKind(attachment, content);
  const name = filename === null ? words.value.files[kind] : safeText(filename);
  const fail = () => {
    failedWith.value = attachment.stored;
  };
  if (id === null) return <Link url={attachment.url} name={name} />;
  const url = `${INBOX_PATH}/api/media/${encodeURIComponent(id)}`;
  if (error !== null && !attachment.stored) {
    return (
      <p class={styles.file}>
        <Icon name="alert" />
        <span>
          {name}: {words.value.fileLost}
        </span>
      </p>
    );
  }
  if (failedWith.value === attachment.stored) {
    const again = () => {
      failedWith.value = null;
    };
    return (
      <>
        <NotLoaded text={`${name}: ${words.value.notLoaded}`} again={again} />
        <Download url={url} filename={filename} name={words.value.download} />
      </>
    );
  }
  // What failed as our copy came would stay broken: a new element asks again.
  const copy = String(attachment.stored);
  switch (kind) {
    case "image":
      return (
        <a
          class={styles.picture}
          href={url}
          download={filename ?? ""}
          target="_blank"
          rel="noopener"
        >
          <img key={copy} src={url} alt={name} loading="lazy" decoding="async" onError={fail} />
        </a>
      );
    case "sticker":
      return (
        <img key={copy} class={styles.sticker} src={url} alt={name} loading="lazy" onError={fail} />
      );
    case "video":
      return (
        // oxlint-disable-next-line jsx-a11y/media-has-caption -- a customer's video has no captions
        <video class={styles.picture} src={url} aria-label={name} controls preload="none" />
      );
    case "audio":
    case "voice":
      return <Audio url={url} name={name} type={attachment.mime_type ?? VOICE_NOTE_TYPE} />;
    case "document":
      return <Download url={url} filename={filename} name={name} />;
  }
}

type DownloadProps = { url: string; filename: string | null; name: string };

function Download({ url, filename, name }: DownloadProps) {
  return (
    <a class={styles.file} href={url} download={filename ?? ""}>
      <Icon name="file" />
      <bdi>{name}</bdi>
    </a>
  );
}

function Audio({ url, name, type }: { url: string; name: string; type: string }) {
  const canPlay = document.createElement("audio").canPlayType(type) !== "";
  if (canPlay) {
    return (
      // oxlint-disable-next-line jsx-a11y/media-has-caption -- a customer's voice has no captions
      <audio class={styles.audio} src={url} aria-label={name} controls preload="none" />
    );
  }
  return (
    <p class={styles.file}>
      <Icon name="voice" />
      <span>{words.value.cannotPlay}</span>
      <a href={url} download="">
        {words.value.download}
      </a>
    </p>
  );
}

/** A file that was sent by its address: it lies elsewhere, and only a click leads there. */
function Link({ url, name }: { url: string | null; name: string }) {
  const isWeb = url !== null && /^https?:\/\//iu.test(url);
  return (
    <p class={styles.file}>
      <Icon name="file" />
      {isWeb ? (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">
          <bdi>{name}</bdi>
        </a>
      ) : (
        <span>{name}</span>
      )}
    </p>
  );
}
