/** Who looks after a conversation, and how to give it to somebody. */
import { useEffect } from "preact/hooks";
import { may, session } from "../link/session.ts";
import { colleagues, refreshStaff } from "../link/staff.ts";
import { changeConversation } from "../link/thread.ts";
import { peekConversation } from "../state/live.ts";
import type { Conversation } from "../state/views.ts";
import { safeText } from "../text/markup.ts";
import { words } from "../words/words.ts";
import styles from "./Assignee.module.css";
import { staffName } from "./staff-name.ts";
import type { Attempt } from "./undone.tsx";

/** What the option of nobody sends. */
const NOBODY = "";

type AssigneeProps = { conversation: Conversation; attempt: Attempt };

export function Assignee({ conversation, attempt }: AssigneeProps) {
  useEffect(() => void refreshStaff(), []);
  const { id, assignee } = conversation;
  const me = ownName();
  if (!may("send")) {
    return assignee === null ? null : (
      <span class={styles.text}>{words.value.assignedTo(nameFor(assignee))}</span>
    );
  }
  const others = [...new Set([...colleagues.value.map(({ name }) => name), assignee ?? me])];
  return (
    <select
      class={styles.select}
      aria-label={words.value.assignee}
      value={assignee ?? NOBODY}
      onFocus={() => void refreshStaff()}
      onChange={({ currentTarget }) => void give(id, currentTarget, attempt)}
    >
      <option value={me}>{words.value.me}</option>
      <option value={NOBODY}>{words.value.nobody}</option>
      {others
        .filter((name) => name !== me)
        .map((name) => (
          <option key={name} value={name}>
            {nameFor(name)}
          </option>
        ))}
    </select>
  );
}

/** Where it was not taken, the box shows again who has it. */
async function give(id: string, select: HTMLSelectElement, attempt: Attempt): Promise<void> {
  const { value } = select;
  await attempt(() => changeConversation(id, { assignee: value === NOBODY ? null : value }));
  select.value = peekConversation(id)?.assignee ?? NOBODY;
}

export function ownName(): string {
  return session.value.kind === "in" ? session.value.me.name : "";
}

/** What a person of the staff is called here. */
export function nameFor(name: string): string {
  const known = colleagues.value.find((each) => each.name === name);
  return safeText(known?.display_name ?? staffName(name));
}
