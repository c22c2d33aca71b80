/** One conversation: header, messages, and what there is to write with. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { serverNow } from "../link/api.ts";
import { closedByMeta, send } from "../link/sending.ts";
import { may } from "../link/session.ts";
import { followThread } from "../link/thread.ts";
import { conversationOf, isGone } from "../state/live.ts";
import { type Message } from "../state/views.ts";
import { minute } from "../time/minute.ts";
import { sessionWindow } from "../time/window.ts";
import { words } from "../words/words.ts";
import { Back } from "./Back.tsx";
import { ClosedWindow } from "./ClosedWindow.tsx";
import { Composer } from "./Composer.tsx";
import { Details } from "./Details.tsx";
import { isNowhere } from "./focus-keeper.ts";
import { Menu } from "./Menu.tsx";
import { MessageLog } from "./MessageLog.tsx";
import { conversationPath, replaceBy } from "./route.ts";
import { TemplatePicker } from "./TemplatePicker.tsx";
import styles from "./Thread.module.css";
import { ThreadHeader } from "./ThreadHeader.tsx";

/** Holds the box, or what stands in its place. */
export const BOX_ID = "inbox-box";

/** Of these two, what somebody goes on with. */
export const BOX = `#${BOX_ID} textarea, #${BOX_ID} > div > button`;

export function Thread({ id }: { id: string }) {
  useOpeningFocus(conversationOf(id) !== null);
  const quoted = useSignal<Message | null>(null);
  const isPicking = useSignal(false);
  useEffect(() => {
    if (closedByMeta.value !== id) return;
    closedByMeta.value = null;
    isPicking.value = true;
  }, [id, isPicking, closedByMeta.value]);
  useEffect(() => followThread(id, (survivor) => replaceBy(conversationPath(survivor))), [id]);

  if (isGone(id)) {
    return (
      <section class={styles.thread}>
        <Back />
        <p class={styles.gone} role="alert">
          {words.value.gone}
        </p>
      </section>
    );
  }
  const conversation = conversationOf(id);
  const pick = () => {
    isPicking.value = true;
  };
  const reply = (message: Message) => {
    quoted.value = message;
  };
  const sendTemplate = async (template: object, text: string) => {
    const body = { type: "template", template };
    await send({ conversation_id: id, text, request: { kind: "message", body } });
    return null;
  };
  return (
    <section class={styles.thread}>
      {conversation === null ? <Back /> : <ThreadHeader conversation={conversation} />}
      <MessageLog id={id} onReply={reply} onPickTemplate={pick} />
      <Menu onReply={reply} />
      <Details />
      {conversation !== null && (
        <div id={BOX_ID} data-group>
          <Foot id={id} quoted={quoted} onPickTemplate={pick} />
        </div>
      )}
      {isPicking.value && conversation !== null && (
        <TemplatePicker
          customer={conversation.contact.name}
          send={sendTemplate}
          onClose={() => {
            isPicking.value = false;
          }}
        />
      )}
    </section>
  );
}

/**
 * Opening moves the focus, once: to the box, or on a phone, whose keyboard would hide the messages, to the name.
 * What comes later takes it from nobody.
 */
function useOpeningFocus(isKnown: boolean): void {
  const isOpening = useRef(isKnown);
  useLayoutEffect(() => {
    if (!isKnown || !(isOpening.current || isNowhere())) return;
    isOpening.current = false;
    const isPhone = !matchMedia("(pointer: fine)").matches;
    const box = isPhone ? null : document.querySelector<HTMLElement>(BOX);
    (box ?? document.querySelector<HTMLElement>("main h2"))?.focus();
  }, [isKnown]);
}

type FootProps = {
  id: string;
  quoted: { value: Message | null };
  onPickTemplate: () => void;
};

/** The box, or why there is none. */
function Foot({ id, quoted, onPickTemplate }: FootProps) {
  void minute.value;
  const conversation = conversationOf(id);
  if (conversation === null) return null;
  if (!may("send")) return <p class={styles.readOnly}>{words.value.readOnly}</p>;
  const window = sessionWindow(conversation.session_window, serverNow());
  // Groups have no window of their own.
  if (window.kind === "open" || conversation.kind === "group") {
    return <Composer conversation={conversation} quoted={quoted} />;
  }
  return <ClosedWindow id={id} kind={window.kind} onPickTemplate={onPickTemplate} />;
}
