/** The page as a whole: the sign-in, or the inbox. */
import { useEffect } from "preact/hooks";
import { repeat } from "../link/loop.ts";
import {
  beginSession,
  findSession,
  finishLeaving,
  session,
  signIn,
  signOut,
} from "../link/session.ts";
import { words } from "../words/words.ts";
import { decoded } from "./route.ts";
import { keepFocus } from "./focus-keeper.ts";
import { Inbox } from "./Inbox.tsx";
import { NotLoaded } from "./NotLoaded.tsx";
import { SignIn } from "./SignIn.tsx";
import styles from "./SignIn.module.css";

/** `npm start` prints an address with the key of this machine's own Paloma. */
const KEY_IN_ADDRESS = /^#clave=(.+)$/;

const RETRY_PACE = { visibleMs: 3_000, hiddenMs: 30_000 };

const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function App() {
  useEffect(() => void begin(), []);
  useEffect(keepFocus, []);
  switch (session.value.kind) {
    case "unknown":
      return <p class={styles.notice}>{words.value.loading}</p>;
    case "forbidden":
      return <Forbidden />;
    case "unreachable":
      return <Unreachable />;
    case "leaving":
      return session.value.isUnheard ? (
        <NotYetOut />
      ) : (
        <p class={styles.notice}>{words.value.loading}</p>
      );
    case "out":
      return <SignIn />;
    case "in":
      return <Inbox />;
  }
}

/** Tries again by itself: the network comes back without anybody's doing. */
function Unreachable() {
  useEffect(() => repeat(findSession, RETRY_PACE).stop, []);
  return (
    <div class={styles.notice}>
      <NotLoaded text={words.value.unreachable} again={findSession} />
    </div>
  );
}

/** The cookie may still be there: who wants to come with another key must be able to leave. */
function Forbidden() {
  return (
    <div class={styles.notice}>
      <p role="alert">{words.value.noAccess}</p>
      <button type="button" onClick={() => void signOut()}>
        {words.value.signOut}
      </button>
    </div>
  );
}

function NotYetOut() {
  useEffect(() => repeat(finishLeaving, RETRY_PACE).stop, []);
  return (
    <p class={styles.notice} role="alert">
      {words.value.notYetOut}
    </p>
  );
}

async function begin(): Promise<void> {
  const key = takeKeyFromAddress();
  if (key !== null) await signIn(key);
  if (session.peek().kind === "unknown") await beginSession();
}

/** On this machine alone: elsewhere a key in an address would stand in histories. */
function takeKeyFromAddress(): string | null {
  const key = KEY_IN_ADDRESS.exec(location.hash)?.[1];
  if (key === undefined) return null;
  history.replaceState(null, "", location.pathname);
  return LOCAL_HOSTS.has(location.hostname) ? decoded(key) : null;
}
