import { readFileSync } from "node:fs";

/** The blocks of a guide in Markdown that are in this language, as one program. */
export function guideCode(path: string, language: string): string {
  const guide = readFileSync(path, "utf8");
  const blocks = guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  return Array.from(blocks, ([, block = ""]) => block).join("\n");
}
