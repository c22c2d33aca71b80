import { styleText } from "node:util";
import type { ConversationView } from "../client/views.ts";

const INDENT = "   ";

/** Prints a chat as it happens. */
export class Transcript {
  #steps = 0;

  step(title: string): void {
    this.#steps += 1;
    console.log(`\n${styleText("bold", `${this.#steps}. ${title}`)}`);
  }

  fromCustomer(body: string): void {
    console.log(`${INDENT}${styleText("green", "◂")} ${body}`);
  }

  fromBusiness(body: string): void {
    console.log(`${INDENT}${styleText("cyan", "▸")} ${body}`);
  }

  detail(text: string): void {
    console.log(INDENT + styleText("dim", text));
  }

  /** What staff would see of the conversation now. */
  state({ unread_count, session_window: { open, expires_at } }: ConversationView): void {
    const until = expires_at === null ? "" : ` until ${new Date(expires_at).toLocaleString()}`;
    this.detail(`unread ${unread_count} · session window ${open ? `open${until}` : "closed"}`);
  }
}
