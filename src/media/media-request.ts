/** What of a request for a file decides its answer. */
export type MediaRequest = {
  headers: Headers;
  /** False for HEAD: nothing is fetched that nobody reads. */
  wantsBody: boolean;
};
