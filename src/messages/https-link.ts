import * as v from "valibot";

const IPV4_HOST = /^\d+\.\d+\.\d+\.\d+$/;

/** An address that Meta fetches a file from: absolute, https, a host name, and no credentials. */
export const httpsLink = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    const remedy = dataset.typed ? linkRemedy(dataset.value) : null;
    if (remedy !== null) addIssue({ message: remedy });
  }),
  v.metadata({ format: "uri" }),
);

function linkRemedy(link: string): string | null {
  const url = URL.parse(link);
  // The parser drops white space, Meta does not.
  if (url === null || /\s/.test(link)) {
    return "must be an absolute https address without spaces, such as https://example.com/a.jpg";
  }
  if (url.protocol !== "https:") return `must begin with https:, got ${url.protocol}`;
  if (url.username !== "" || url.password !== "") {
    return "must not contain a user name or password";
  }
  // The parser has turned every spelling of an IPv4 address into dotted numbers.
  if (url.hostname.startsWith("[") || IPV4_HOST.test(url.hostname)) {
    return "must name a host, not an IP address";
  }
  return null;
}
