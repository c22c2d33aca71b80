/** Who else looks at a conversation, and who writes there. */
import { people } from "../link/presence.ts";
import { session } from "../link/session.ts";
import { words } from "../words/words.ts";
import { staffName } from "./staff-name.ts";

type Here = { looking: string[]; typing: string[] };

/** Colleagues at this conversation, each once, however many windows they have. */
export function colleaguesAt(conversationId: string): Here {
  const own = session.value.kind === "in" ? session.value.me.name : "";
  const there = people.value.filter(({ name, at }) => at === conversationId && name !== own);
  const namesOf = (list: typeof there) => [...new Set(list.map(({ name }) => staffName(name)))];
  const typing = namesOf(there.filter((person) => person.typing));
  return { typing, looking: namesOf(there).filter((name) => !typing.includes(name)) };
}

export function Colleagues({ id }: { id: string }) {
  const { typing, looking } = colleaguesAt(id);
  const parts = [
    ...(typing.length === 0 ? [] : [words.value.typing(typing)]),
    ...(looking.length === 0 ? [] : [words.value.looking(looking)]),
  ];
  // No status: said aloud, it would be said all the time.
  return <span>{parts.join(" ")}</span>;
}
