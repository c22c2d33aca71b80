/** Names as they are compared: pure. */

/**
 * Without accents and capitals, in every script. By way of capitals, since letters that share one are the
 * same for a search: `ß` and `ss`, both small sigmas, the Turkish `ı` and `i`. Letters that only look
 * another way (`Ａ`, `𝓐`, `ﬁ`), with which many customers adorn their names, are the plain ones.
 */
export function folded(text: string): string {
  const capitals = withoutMarks(text).toUpperCase();
  return withoutMarks(capitals).toLowerCase().replaceAll("ς", "σ");
}

function withoutMarks(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "");
}

/** Several names as one, without those that nobody gave. */
export function foldedTogether(names: readonly (string | null)[]): string {
  return folded(names.filter((name) => name !== null).join(" "));
}
