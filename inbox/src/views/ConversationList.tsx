/** The list: search, tabs, and a window on however many conversations there are. */
import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { counts } from "../link/counts.ts";
import { choice, choose, hasMore, loadAgain, loading, loadMore } from "../link/list.ts";
import { may, session } from "../link/session.ts";
import { TABS, type Tab } from "../state/list.ts";
import { words } from "../words/words.ts";
import styles from "./ConversationList.module.css";
import { ConversationRow, ROW_PX } from "./ConversationRow.tsx";
import { Icon } from "./Icon.tsx";
import { useHeldOrder } from "./held-order.ts";
import { SEARCH_ID } from "./keyboard.ts";
import { NewConversation } from "./NewConversation.tsx";
import { NotLoaded } from "./NotLoaded.tsx";

/** Typing a name is one search, not one a letter. */
const SEARCH_AFTER_MS = 250;

/** The API takes no longer one, and no name is longer. */
const SEARCH_MAX_CHARACTERS = 100;

/** What the option of all numbers says. */
const ALL_NUMBERS = "";

/** Rows drawn above and below what is in view. */
const SPARE_ROWS = 6;

/** So many rows before the end the next page is asked for. */
const AHEAD_ROWS = 20;

export function ConversationList({ ids }: { ids: ReadonlySignal<string[]> }) {
  return (
    <>
      <Search />
      <div class={styles.choice}>
        <Tabs />
        <Filters />
      </div>
      <Rows ids={ids} />
    </>
  );
}

function Search() {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const field = useRef<HTMLInputElement>(null);
  const { search: searched, tab } = choice.value;
  useEffect(() => {
    // A tab ends the search.
    if (searched !== "" || field.current === null) return;
    clearTimeout(timer.current);
    field.current.value = "";
  }, [searched, tab]);
  const search = (text: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => choose({ search: text.trim() }), SEARCH_AFTER_MS);
  };
  return (
    <search class={styles.search}>
      <Icon name="search" />
      <input
        ref={field}
        id={SEARCH_ID}
        type="search"
        aria-label={words.value.search}
        placeholder={words.value.searchHint}
        autocomplete="off"
        maxLength={SEARCH_MAX_CHARACTERS}
        defaultValue={choice.peek().search}
        onInput={({ currentTarget }) => search(currentTarget.value)}
      />
      {may("send") && <NewConversation />}
    </search>
  );
}

function Tabs() {
  const { tab, search } = choice.value;
  return (
    <>
      {TABS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={tab === each && search === ""}
          onClick={() => choose({ tab: each, search: "" })}
        >
          {words.value.tabs[each]} <Count of={each} />
        </button>
      ))}
    </>
  );
}

/** The API counts no further. */
const MOST = 99;

function Count({ of }: { of: Tab }) {
  const count = counts.value?.[of] ?? 0;
  if (count === 0) return null;
  return <span class={styles.count}>{count > MOST ? `${MOST}+` : count}</span>;
}

function Filters() {
  const { unreadOnly, number, search } = choice.value;
  // A search finds people in all of them.
  const isOff = search !== "";
  const numbers = session.value.kind === "in" ? session.value.me.numbers : [];
  return (
    <>
      <label class={styles.toggle}>
        <input
          type="checkbox"
          checked={unreadOnly}
          disabled={isOff}
          onChange={({ currentTarget }) => choose({ unreadOnly: currentTarget.checked })}
        />
        {words.value.unreadOnly}
      </label>
      {numbers.length > 1 && (
        <select
          aria-label={words.value.number}
          disabled={isOff}
          value={number ?? ALL_NUMBERS}
          onChange={({ currentTarget: { value } }) =>
            choose({ number: value === ALL_NUMBERS ? null : value })
          }
        >
          <option value={ALL_NUMBERS}>{words.value.allNumbers}</option>
          {numbers.map(({ id, display_phone_number: shown }) => (
            <option key={id} value={id}>
              {shown ?? id}
            </option>
          ))}
        </select>
      )}
    </>
  );
}

function Rows({ ids }: { ids: ReadonlySignal<string[]> }) {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(0);
  const held = useHeldOrder(ids);
  const { value: changes } = held.changes;
  const first = useComputed(() => Math.max(0, Math.floor(top.value / ROW_PX) - SPARE_ROWS));
  const last = useComputed(() => Math.ceil((top.value + height.value) / ROW_PX) + SPARE_ROWS);
  const shown = held.ids.value;

  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const observer = new ResizeObserver(() => {
      height.value = current.clientHeight;
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [height]);

  const isNearEnd = last.value + AHEAD_ROWS >= shown.length;
  const { value: state } = loading;
  const { value: more } = hasMore;
  useEffect(() => {
    if (isNearEnd && more && state === "done") void loadMore();
  }, [isNearEnd, more, state, shown.length]);

  return (
    <div class={styles.frame} data-group {...held.handlers}>
      <div
        ref={box}
        class={styles.rows}
        onScroll={({ currentTarget }) => {
          top.value = currentTarget.scrollTop;
        }}
      >
        <ul
          class={styles.all}
          style={{ blockSize: `${shown.length * ROW_PX}px` }}
          aria-busy={state === "first"}
        >
          {shown.slice(first.value, last.value).map((id, place) => (
            <ConversationRow
              key={id}
              id={id}
              place={first.value + place}
              count={more ? -1 : shown.length}
            />
          ))}
        </ul>
        {shown.length === 0 && <Empty />}
      </div>
      {changes > 0 && (
        <Changes count={changes} isBelow={held.isPointerHigh.current} onShow={held.show} />
      )}
    </div>
  );
}

type ChangesProps = { count: number; isBelow: boolean; onShow: () => void };

/** Over the rows, none of which moves for it; where it appears the pointer is not, since a click there means a row. */
function Changes({ count, isBelow, onShow }: ChangesProps) {
  const { current: staysBelow } = useRef(isBelow);
  return (
    <button type="button" class={styles.changes} data-below={staysBelow} onClick={onShow}>
      {words.value.changes(count)}
    </button>
  );
}

function Empty() {
  const { tab, unreadOnly, number, search } = choice.value;
  switch (loading.value) {
    case "first":
      return <p class={styles.empty}>{words.value.loading}</p>;
    case "failed":
      return <NotLoaded again={loadAgain} />;
    case "more":
    case "done":
      if (search !== "") return <p class={styles.empty}>{words.value.nothingFound}</p>;
      if (unreadOnly || number !== null) {
        return (
          <div class={styles.empty}>
            <p>{words.value.nothingFiltered(words.value.tabs[tab])}</p>
            <button type="button" onClick={() => choose({ unreadOnly: false, number: null })}>
              {words.value.unfilter}
            </button>
          </div>
        );
      }
      return (
        <p class={styles.empty}>
          {tab === "open" && (counts.value?.closed ?? 0) === 0
            ? words.value.noConversations
            : words.value.nothingHere[tab]}
        </p>
      );
  }
}
