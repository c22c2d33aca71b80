/** What staff have begun to write: one text a conversation, kept on this device for each of the staff. */
import { type Signal, signal } from "@preact/signals";
import { forget, forgetAllWith, keep, kept } from "./device.ts";

/** Long enough not to write at each key, short enough that a closed tab loses nothing. */
const SAVE_AFTER_MS = 300;

const PREFIX = "paloma:draft:";

let staff = "";
const drafts = new Map<string, Signal<string>>();
const unsaved = new Map<string, ReturnType<typeof setTimeout>>();

/** Drafts are those of this person from now on; what is not yet saved stays with its writer. */
export function openDrafts(name: string): void {
  saveAll();
  if (name === staff) return;
  staff = name;
  for (const [conversationId, draft] of drafts) draft.value = read(conversationId);
}

export function draftOf(conversationId: string): Signal<string> {
  const known = drafts.get(conversationId);
  if (known !== undefined) return known;
  const draft = signal(read(conversationId));
  drafts.set(conversationId, draft);
  return draft;
}

export function writeDraft(conversationId: string, text: string): void {
  draftOf(conversationId).value = text;
  clearTimeout(unsaved.get(conversationId));
  unsaved.set(
    conversationId,
    setTimeout(() => save(conversationId), SAVE_AFTER_MS),
  );
}

/** Takes the text out of the box; it stays on the device until `saved` has come. */
export async function takeDraft(conversationId: string, saved: Promise<unknown>): Promise<void> {
  const draft = draftOf(conversationId);
  clearTimeout(unsaved.get(conversationId));
  unsaved.delete(conversationId);
  draft.value = "";
  const author = staff;
  await saved;
  if (author === staff) save(conversationId);
  else forget(keyOf(conversationId, author));
}

/** Takes a draft along to the conversation that this one has become part of. */
export function moveDraft(from: string, to: string): void {
  const { value: text } = draftOf(from);
  if (text === "") return;
  writeDraft(from, "");
  save(from);
  giveBack(to, text);
}

/** Puts a text that could not leave before what has been written since. */
export function giveBack(conversationId: string, text: string): void {
  const { value: since } = draftOf(conversationId);
  writeDraft(conversationId, since === "" ? text : `${text}\n${since}`);
}

export function clearDrafts(): void {
  for (const timer of unsaved.values()) clearTimeout(timer);
  unsaved.clear();
  for (const draft of drafts.values()) draft.value = "";
  forgetAllWith(PREFIX);
}

function saveAll(): void {
  for (const conversationId of unsaved.keys()) save(conversationId);
}

function save(conversationId: string): void {
  clearTimeout(unsaved.get(conversationId));
  unsaved.delete(conversationId);
  const { value: text } = draftOf(conversationId);
  // Where the device has no room, the text stays in the box.
  if (text === "") forget(keyOf(conversationId));
  else keep(keyOf(conversationId), text);
}

function read(conversationId: string): string {
  return staff === "" ? "" : (kept(keyOf(conversationId)) ?? "");
}

function keyOf(conversationId: string, author = staff): string {
  return `${PREFIX}${author}:${conversationId}`;
}

window.addEventListener("pagehide", saveAll);

// Another tab's words.
window.addEventListener("storage", ({ key, newValue }) => {
  for (const [conversationId, draft] of drafts) {
    if (key === keyOf(conversationId) && !unsaved.has(conversationId)) draft.value = newValue ?? "";
  }
});
