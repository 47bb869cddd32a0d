/** Why an event of a feed, or a Wedding that comes of it, is passed over; status of a WeddingCalendar names the first. */
export const FEED_PROBLEMS = {
  InvalidSyntax: 'The event cannot be read as iCalendar (RFC 5545).',
  TooComplex: 'The event has more properties, dates or rules, or a longer line, than is read.',
  InvalidBooking: 'The booking of a JSON feed does not have the documented form.',
  MissingUid: 'The event has no UID, so it could not be found again at the next poll.',
  InvalidTime: 'The event has no start, or a time that is none.',
  UnknownTimeZone: 'The TZID is no IANA zone and no Windows zone, and the feed does not define it.',
  EndsBeforeStart: 'The event ends before it begins.',
  TooLong: 'The event lasts longer than a week.',
  OutOfRange: 'The event is more than five years ahead, or before 1900.',
  InvalidRecurrence:
    'The recurrence rule is not one that is understood: daily, weekly, monthly or yearly by days.',
  TooManyOccurrences: 'The event recurs more than 120 times in the 400 days ahead.',
  InvalidTeam: 'A role of the crew is not a number of people, or the crew is not 1 to 50 in total.',
  Duplicate: 'Another event of the feed has the same UID, and a later revision.',
  NameTaken: 'A Wedding of that name was not made by this WeddingCalendar; it is left alone.',
  EditedElsewhere: 'Another field manager owns a field of the Wedding; its value stays.',
  Refused: 'The API server refused the Wedding.',
} as const;

export type FeedProblemReason = keyof typeof FEED_PROBLEMS;

export interface FeedProblem {
  uid: string;
  reason: FeedProblemReason;
  message: string;
}
