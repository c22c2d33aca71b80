/** The form for an access key. The key goes to the server and nowhere else. */
import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent } from "preact";
import { useRef } from "preact/hooks";
import { isBehindAccess, session, signIn, type SignInResult } from "../link/session.ts";
import { words } from "../words/words.ts";
import { LanguageSwitch } from "./LanguageSwitch.tsx";
import styles from "./SignIn.module.css";

export function SignIn() {
  return isBehindAccess() ? <AccessSignIn /> : <KeySignIn />;
}

/** A new load leads to Cloudflare's own sign-in, and from there back. */
function AccessSignIn() {
  return (
    <main class={styles.page}>
      <p>{words.value.sessionEnded}</p>
      <button type="button" data-look="main" onClick={() => location.reload()}>
        {words.value.accessSignIn}
      </button>
    </main>
  );
}

function KeySignIn() {
  const result = useSignal<SignInResult>("ok");
  const isBusy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  const { value: current } = session;

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { current: input } = field;
    if (input === null || isBusy.value || input.value === "") return;
    isBusy.value = true;
    result.value = await signIn(input.value.trim());
    isBusy.value = false;
    if (result.value !== "ok") input.select();
  };

  return (
    <main class={styles.page}>
      <form class={styles.form} onSubmit={(event) => void submit(event)}>
        <h1>{words.value.inbox}</h1>
        {current.kind === "out" && current.wasIn !== null && <p>{words.value.sessionEnded}</p>}
        <label class={styles.label}>
          {words.value.accessKey}
          <input
            ref={field}
            type="password"
            name="password"
            autocomplete="current-password"
            required
            aria-describedby="sign-in-problem"
          />
        </label>
        <p id="sign-in-problem" class={styles.problem} role="alert">
          {problemText(result.value)}
        </p>
        <button type="submit" data-look="main" disabled={isBusy.value}>
          {words.value.signIn}
        </button>
        <LanguageSwitch />
      </form>
    </main>
  );
}

function problemText(result: SignInResult): string {
  switch (result) {
    case "ok":
      return "";
    case "wrong_key":
      return words.value.wrongKey;
    case "too_many":
      return words.value.tooManyTries;
    case "forbidden":
      return words.value.noAccess;
    case "unreachable":
      return words.value.unreachable;
  }
}
