/**
 * What a calendar may hold in memory at once. Everything is counted while bytes come in, before anything is made of them, so
 * that memory does not depend on what a feed holds. A real feed with 20,000 weddings stays below a third of each.
 */

/** Longest line, unfolded, of a property that is read; others, such as attachments, may have any length. Bytes. */
export const MAX_LINE_BYTES = 65_536;
/** VALARM in VEVENT in VCALENDAR are three. */
export const MAX_DEPTH = 16;
/** A company party has some hundred ATTENDEEs. */
export const MAX_PROPERTIES_AN_EVENT = 5_000;
/** Dates of RDATE and EXDATE in all events of a feed. */
export const MAX_DATES = 200_000;
/** RFC 5545 advises one. */
export const MAX_RULES_AN_EVENT = 4;
/** The longest sensible rule names 31 days, 12 months and 53 weekdays. */
export const MAX_RULE_LENGTH = 1_000;
/** Texts that are kept until the end of the feed: UIDs, rules, categories, names of zones. Characters. */
export const MAX_KEPT_TEXT = 4 * 1_048_576;
/** More than the world has are no zones. */
export const MAX_TIME_ZONES = 1_000;
/** STANDARD and DAYLIGHT parts of all zones of a feed: some exporters write one for each clock change since 1970. */
export const MAX_OBSERVANCES = 20_000;
/** Names of zones that the events of a feed may use. */
export const MAX_ZONE_NAMES = 100;
