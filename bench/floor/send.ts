import type { Part } from "./parts.ts";

/** A text to send. Without a key nothing is claimed; without a slot the number's pace is not kept. */
export type Send = {
  id: string;
  to: string;
  body: string;
  number: string;
  key: { key: string; hash: string } | null;
  takesSlot: boolean;
  also: readonly Part[];
};
