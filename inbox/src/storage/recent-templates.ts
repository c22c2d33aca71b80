/** Which templates somebody sent last: kept on this device for each of the staff, until they sign out. */
import { forgetAllWith, keep, kept } from "./device.ts";

const PREFIX = "paloma:templates:";

/** More would no longer be recent. */
const MOST_KEPT = 12;

type Named = { name: string; language: string };

export function templateKey({ name, language }: Named): string {
  return `${name} ${language}`;
}

export function noteTemplate(staff: string, template: Named): void {
  const key = templateKey(template);
  const others = recent(staff).filter((each) => each !== key);
  keep(PREFIX + staff, [key, ...others].slice(0, MOST_KEPT).join("\n"));
}

/** The last sent first, then the others as they were. */
export function recentFirst<Each extends Named>(staff: string, templates: readonly Each[]): Each[] {
  const known = recent(staff);
  const rank = (template: Each) => {
    const at = known.indexOf(templateKey(template));
    return at === -1 ? MOST_KEPT : at;
  };
  return templates.toSorted((one, other) => rank(one) - rank(other));
}

export function forgetRecentTemplates(): void {
  forgetAllWith(PREFIX);
}

function recent(staff: string): string[] {
  return kept(PREFIX + staff)?.split("\n") ?? [];
}
