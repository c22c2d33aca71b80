const IPV4_HOST = /^\d+\.\d+\.\d+\.\d+$/;

/** Names without a dot, and those reserved for private use: RFC 6761, RFC 6762, ICANN's `.internal`. */
const PRIVATE_HOST = /^[^.]+\.?$|\.(?:localhost|local|internal)\.?$/;

/**
 * What is wrong with an address that Meta is to fetch a file from, and null if nothing: it must be
 * absolute, with the name of a host, and without credentials.
 *
 * @param protocols those that it may have
 */
export function linkRemedy(link: string, protocols: readonly string[]): string | null {
  const url = URL.parse(link);
  // The parser drops white space, Meta does not.
  if (url === null || /\s/.test(link)) {
    return "must be an absolute https address without spaces, such as https://example.com/a.jpg";
  }
  if (!protocols.includes(url.protocol)) {
    return `must begin with ${protocols.join(" or ")}, got ${url.protocol}`;
  }
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password";
  }
  // The parser has turned every spelling of an IPv4 address into dotted numbers.
  if (url.hostname.startsWith("[") || IPV4_HOST.test(url.hostname)) {
    return "must name a host, not an IP address";
  }
  if (PRIVATE_HOST.test(url.hostname)) return "must name a host that Meta can reach";
  return null;
}
