/** What the doctor says of this installation, for those who administer it. Its words are the API's own. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../link/api.ts";
import { words } from "../words/words.ts";
import { Back } from "./Back.tsx";
import { NotLoaded } from "./NotLoaded.tsx";
import styles from "./StatusPage.module.css";

type Result = "ok" | "warn" | "fail";

type Diagnosis = {
  result: Result;
  checks: { check: string; what: string; result: Result; remedy: string | null }[];
};

export function StatusPage() {
  const diagnosis = useSignal<Diagnosis | "loading" | "failed">("loading");
  const load = async () => {
    const answer = await ask<Diagnosis>("GET", "doctor");
    diagnosis.value = answer.kind === "ok" ? answer.body : "failed";
  };
  useEffect(() => void load(), []);
  const { value } = diagnosis;
  return (
    <section class={styles.page} aria-label={words.value.systemStatus} tabIndex={0}>
      <Back />
      <h1>{words.value.systemStatus}</h1>
      {value === "loading" && <p>{words.value.loading}</p>}
      {value === "failed" && <NotLoaded again={load} />}
      <ul class={styles.checks}>
        {typeof value === "object" &&
          value.checks.map(({ check, what, result, remedy }) => (
            <li key={check} data-result={result}>
              <strong>{words.value.checks[result]}</strong>
              <div lang="en">
                <p>{what}</p>
                {remedy !== null && <p class={styles.remedy}>{remedy}</p>}
              </div>
            </li>
          ))}
      </ul>
    </section>
  );
}
