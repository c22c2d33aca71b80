const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a URL leads to this machine, where plain HTTP is safe. */
export function isLocalHost({ hostname }: URL): boolean {
  return LOCAL_HOSTS.has(hostname);
}
