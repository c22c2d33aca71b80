/** The business that the bench plays: nothing of it is real, and none of it is a secret. */
export const ACCESS_TOKEN = "bench-access-token";
export const APP_SECRET = "bench-app-secret";
export const VERIFY_TOKEN = "bench-verify-token";
export const API_TOKEN = "bench-paloma-token";
export const BUSINESS_NUMBER = "106540352242922";

/** Enough customers that none gets messages faster than Meta allows for one person. */
export const KNOWN_CUSTOMERS = 1000;
