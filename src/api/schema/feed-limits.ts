/** Longest UID that is kept; RFC 7986 recommends a UUID of 36 characters. */
export const MAX_UID_LENGTH = 512;
/** Skipped events that status names; the rest is counted. */
export const MAX_NAMED_SKIPS = 20;
