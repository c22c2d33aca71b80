/** What a colleague is called: the part of an address before its @, as a name. */
export function staffName(name: string): string {
  const [part = name] = name.split("@");
  return part.charAt(0).toUpperCase() + part.slice(1);
}
