/** Changes between Spanish and English; the button names the other one, in its own language. */
import { language, switchLanguage, words } from "../words/words.ts";

export function LanguageSwitch() {
  return (
    <button
      type="button"
      data-look="quiet"
      lang={language.value === "es" ? "en" : "es"}
      onClick={switchLanguage}
    >
      {words.value.language}
    </button>
  );
}
