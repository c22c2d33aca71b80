import type { Audit } from "./audit.ts";
import { FINDING_KINDS, type FindingKind } from "./finding.ts";

/** How many findings are shown in full. */
const SHOWN_FINDINGS = 20;

const FIGURE_COLUMN_CHARACTERS = 7;

/** Prints every figure, then what is off. */
export function printAudit({ figures, findings }: Audit): void {
  for (const [name, figure] of Object.entries(figures)) printFigure(figure, name);
  console.log("");
  const counts = new Map<FindingKind, number>();
  for (const { kind } of findings) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind, meaning] of Object.entries(FINDING_KINDS)) {
    const count = [...counts].find(([counted]) => counted === kind)?.[1] ?? 0;
    printFigure(count, `${kind}: ${meaning}`);
  }
  for (const { kind, detail } of findings.slice(0, SHOWN_FINDINGS)) {
    console.error(`\n${kind}: ${detail}`);
  }
}

function printFigure(figure: number, name: string): void {
  console.log(`${String(figure).padStart(FIGURE_COLUMN_CHARACTERS)}  ${name}`);
}
