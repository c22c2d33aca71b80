/** A phone number as staff type it: with the country's code, which the time zone suggests. Pure. */

/** Where the product is at home. */
const MEXICO = "+52";

/** Zones of countries with other codes; a prefix stands for all of its zones. */
const CODES: readonly (readonly [zone: string, code: string])[] = [
  ["America/Argentina/", "+54"],
  ["America/Asuncion", "+595"],
  ["America/Bogota", "+57"],
  ["America/Caracas", "+58"],
  ["America/Chicago", "+1"],
  ["America/Costa_Rica", "+506"],
  ["America/Denver", "+1"],
  ["America/El_Salvador", "+503"],
  ["America/Guatemala", "+502"],
  ["America/Guayaquil", "+593"],
  ["America/Havana", "+53"],
  ["America/La_Paz", "+591"],
  ["America/Lima", "+51"],
  ["America/Los_Angeles", "+1"],
  ["America/Managua", "+505"],
  ["America/Montevideo", "+598"],
  ["America/New_York", "+1"],
  ["America/Panama", "+507"],
  ["America/Phoenix", "+1"],
  ["America/Puerto_Rico", "+1"],
  ["America/Santiago", "+56"],
  ["America/Santo_Domingo", "+1"],
  ["America/Sao_Paulo", "+55"],
  ["America/Tegucigalpa", "+504"],
  ["America/Toronto", "+1"],
  ["Atlantic/Canary", "+34"],
  ["Europe/Madrid", "+34"],
];

/** The code to begin a number with in this time zone. */
export function callingCode(timeZone: string): string {
  return CODES.find(([zone]) => timeZone.startsWith(zone))?.[1] ?? MEXICO;
}

/** The number alone, also where a whole one was pasted behind the code that stood there. */
export function typedPhone(text: string): string {
  const trimmed = text.trim();
  const [international] = /[+＋][^+＋]*$/u.exec(trimmed) ?? [];
  return international === undefined
    ? trimmed.replace(/^00/u, "+")
    : `+${international.slice(1).trim()}`;
}
