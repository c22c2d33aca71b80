/** Whether this page is the one that the server has. A deploy may have come between its loading and its first connection. */
import { INBOX_PATH } from "./api.ts";

/** True where the server does not say. */
export async function isCurrentPage(): Promise<boolean> {
  // Its name changes with each build of the script; one of the style sheet alone shows with the next load.
  const script = document.scripts[0]?.getAttribute("src") ?? "";
  try {
    const response = await fetch(`${INBOX_PATH}/`, { redirect: "manual" });
    return !response.ok || (await response.text()).includes(script);
  } catch {
    return true;
  }
}
