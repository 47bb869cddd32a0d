/** Spans of the timeline around now that a viewer can choose, and no others: each is a page that the server keeps up to date. */
export const TIMELINE_SPANS = [
  { id: 'day', name: 'Day', hoursBehind: 12, hoursAhead: 36 },
  { id: 'week', name: 'Week', hoursBehind: 48, hoursAhead: 168 },
  { id: 'past-week', name: 'Past week', hoursBehind: 168, hoursAhead: 24 },
] as const;

export type TimelineSpan = (typeof TIMELINE_SPANS)[number];
