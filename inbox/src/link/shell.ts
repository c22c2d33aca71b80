/** Whether this page is the one that the server has. A deploy may have come between its loading and its first connection. */
import { INBOX_PATH } from "./api.ts";

/** True where the server does not say. */
export async function isCurrentPage(): Promise<boolean> {
  const parts = document.querySelectorAll("script[src], link[rel=stylesheet]");
  try {
    const response = await fetch(`${INBOX_PATH}/`, { redirect: "manual" });
    const shell = await response.text();
    return (
      !response.ok ||
      [...parts].every((part) =>
        shell.includes(part.getAttribute("src") ?? part.getAttribute("href") ?? ""),
      )
    );
  } catch {
    return true;
  }
}
