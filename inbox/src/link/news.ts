/** New messages of customers in conversations that are not on screen. */
import { signal } from "@preact/signals";
import { whenChanged } from "./changes.ts";
import { openThread } from "./thread.ts";

/** Grows with each conversation but the open one that has one. */
export const newsOfOthers = signal(0);

whenChanged({
  changed(_frame, news) {
    newsOfOthers.value += news.filter((id) => id !== openThread.peek()).length;
  },
});
