/** Why a received file is not in the bucket (yet), as the API tells it. */

const DETAILS = {
  gone: "Meta no longer has it: received files are kept there for 7 days.",
  too_large: "It is larger than Meta's own limit of 100 MiB.",
  refused:
    "Meta refuses to hand it out, but does not say that it is gone: it is asked for again, ever later, for as long as Meta may keep it.",
  never_handed_out:
    "Meta handed it out at no time in the 7 days that it keeps received files: a dead letter tells why.",
  expired_url: "Meta's download address had expired before it was used: a fresh one is asked for.",
  foreign_host:
    "Meta's download address is not on one of Meta's hosts, and the token goes nowhere else: a fresh one is asked for.",
  wrong_hash: "The bytes do not have the SHA-256 that Meta told: they are fetched again.",
  interrupted: "The transfer from Meta into the bucket broke off: it begins anew.",
  meta_unauthorized: "Meta refuses the access token: it is fetched once that is mended.",
  meta_unavailable: "Meta does not hand it out just now: it is tried again.",
} as const;

export type ArchiveError = keyof typeof DETAILS;

/** The error as the API shows it; a code of another version keeps its name. */
export function archiveErrorView(code: string): { code: string; detail: string } {
  return { code, detail: isArchiveError(code) ? DETAILS[code] : "It could not be archived." };
}

function isArchiveError(code: string): code is ArchiveError {
  return Object.hasOwn(DETAILS, code);
}
