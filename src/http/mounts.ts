/** Where the API's routes stand: one path for each kind of proof of who calls. */

/** For programs, which send a token. */
export const API_MOUNT = "/v1";

/** For the inbox's page, whose people have signed in; Cloudflare Access guards a path. */
export const STAFF_MOUNT = "/inbox/api";
