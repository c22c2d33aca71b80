/** What may stand in a template's variable. */

/** Longest run of spaces that Meta takes, in characters. */
const MAX_SPACES_IN_A_ROW = 4;

/**
 * What is wrong with the text of a template parameter, each with what to write instead; empty if
 * Meta would take it.
 *
 * Source: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
 */
export function templateParameterProblems(text: string): string[] {
  const problems: string[] = [];
  if (text.trim() === "") problems.push("must not be empty: Meta refuses a blank parameter");
  if (/[\n\r\t]/.test(text)) {
    problems.push("must not contain a newline or a tab: write it on one line, with spaces");
  }
  const longestRun = Math.max(0, ...Array.from(text.matchAll(/ +/g), ([run]) => run.length));
  if (longestRun > MAX_SPACES_IN_A_ROW) {
    problems.push(`at most ${MAX_SPACES_IN_A_ROW} spaces in a row, got ${longestRun}`);
  }
  return problems;
}
