import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { MAX_NAMED_SKIPS } from '../schema/feed-limits.ts';
import { conditions, duration, instant, localTime, objectName, timeZone } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { team } from './wedding.ts';

/** The name is the value of a label on each Wedding and the beginning of its name. */
export const MAX_CALENDAR_NAME_LENGTH = 40;
/** More than this is no calendar of weddings, and each object costs memory in the API server and in the operator. */
const MOST_EVENTS = 20_000;
const MEBIBYTE = 1_048_576;
const MAX_CATEGORY_LENGTH = 64;

/** A day without a good copy: offices that book weddings are open daily. */
export const DEFAULT_MAX_STALENESS = '24h';

const source = withRules(
  z.object({
    secretName: objectName
      .optional()
      .describe('Secret that holds the https URL of the feed, which often has a token in it.'),
    configMapName: objectName
      .optional()
      .describe('ConfigMap that holds the feed itself, for feeds that something else fetches.'),
    key: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[-._a-zA-Z0-9]+$/)
      .optional()
      .describe('Key of the Secret or ConfigMap. Left out: url of a Secret, feed of a ConfigMap.'),
  }),
  [
    {
      cel: 'has(self.secretName) != has(self.configMapName)',
      message: 'source needs exactly one of secretName and configMapName',
      check: (value) => (value.secretName !== undefined) !== (value.configMapName !== undefined),
    },
  ],
);

const category = z.string().min(1).max(MAX_CATEGORY_LENGTH);

const mapping = z.object({
  category: category
    .optional()
    .describe('Only events with this value of CATEGORIES are weddings. Left out: every event is.'),
  ceremony: localTime
    .default('14:00')
    .describe('Start of the ceremony of events that last all day, local time, HH:MM.'),
  ends: localTime
    .default('01:00')
    .describe('End of the party of events that do not say when they end, local time, HH:MM.'),
  state: z
    .enum(['Planned', 'Confirmed'])
    .default('Confirmed')
    .describe('State of events that have no STATUS.'),
  team: team
    .prefault({ photographer: 1, venue: 2, catering: 8, planner: 1 })
    .describe('Crew of events that do not say who comes.'),
  teamByCategory: z
    .array(
      z.object({
        category: category.describe('Value of CATEGORIES.'),
        team: team.describe('Crew of events of that category.'),
      }),
    )
    .max(20)
    .default([])
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Crews by category; the first that fits an event replaces `team` for it.'),
  presenceClusterName: objectName
    .optional()
    .describe('PresenceCluster that serves the weddings. Left out: every one of the namespace.'),
});

export const weddingCalendarSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    source: source.describe('Where the feed is: a Secret with its URL or a ConfigMap of the same namespace.'),
    format: z
      .enum(['ICalendar', 'JSON'])
      .default('ICalendar')
      .describe('ICalendar (RFC 5545) or JSON (the form is in the documentation).'),
    pollInterval: withRules(duration, [
      {
        cel: "duration(self) >= duration('10s') && duration(self) <= duration('24h')",
        message: 'pollInterval must be 10s to 24h',
        check: between(10_000, 86_400_000),
      },
    ])
      .default('15m')
      .describe('How often the feed is asked, 10s to 24h. After a failure it is asked less and less often.'),
    maxStaleness: withRules(duration, [
      {
        cel: "duration(self) >= duration('1m') && duration(self) <= duration('720h')",
        message: 'maxStaleness must be 1m to 720h',
        check: between(60_000, 2_592_000_000),
      },
    ])
      .default(DEFAULT_MAX_STALENESS)
      .describe(
        'How old the last good copy may be, 1m to 720h, before seasons and peaks count beside bookings again.',
      ),
    defaultTimeZone: timeZone.describe(
      'IANA time zone of events that name none: those that last all day and floating times, unless the feed has X-WR-TIMEZONE, and times in UTC.',
    ),
    weddings: mapping.prefault({}).describe('How an event becomes a Wedding.'),
    limits: z
      .object({
        maxBytes: z
          .int32()
          .min(1024)
          .max(16 * MEBIBYTE)
          .default(5 * MEBIBYTE)
          .describe('Longest feed in bytes, after decompression.'),
        maxEvents: z
          .int32()
          .min(1)
          .max(MOST_EVENTS)
          .default(MOST_EVENTS)
          .describe('Most events in the feed, and most weddings that may come of it.'),
      })
      .prefault({})
      .describe('A feed beyond these is refused whole, and the last good copy stays.'),
    acceptShrink: z
      .int32()
      .min(0)
      .max(MOST_EVENTS)
      .optional()
      .describe(
        'A copy in which more than half of the future weddings are gone is held, unless it has at least this many. Remove it afterwards.',
      ),
    allowPrivateNetworks: z
      .boolean()
      .default(false)
      .describe(
        'Lets the URL lead to private addresses, and to plain http. Only in namespaces that the chart value weddingCalendars.privateNetworkNamespaces lists. Loopback, link-local and cloud metadata addresses are always refused.',
      ),
  }),
);

function between(least: number, most: number): (text: string) => boolean {
  return (text) => {
    const [, hours = '0', minutes = '0', seconds = '0'] =
      /^(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$/.exec(text) ?? [];
    const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return ms >= least && ms <= most;
  };
}

const count = z.int().min(0);

export const weddingCalendarStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  lastFetched: instant
    .optional()
    .describe('When the feed last answered with something that could be used, changed or not.'),
  lastChanged: instant.optional().describe('When a copy last changed a Wedding.'),
  lastRead: instant.optional().describe('When the feed was last read whole.'),
  nextPoll: instant.optional().describe('When the feed is asked next.'),
  pollBegun: instant
    .optional()
    .describe(
      'When the poll that goes on began. When it is still here after the operator has started, that poll never ended.',
    ),
  failures: count.optional().describe('Polls in a row that failed.'),
  validator: z
    .object({
      etag: z.string().max(256).optional().describe('ETag of the last good copy.'),
      lastModified: z.string().max(64).optional().describe('Last-Modified of the last good copy.'),
    })
    .optional()
    .describe('How the server, or the ConfigMap, names the last good copy.'),
  events: z
    .object({
      total: count.describe('Events in the feed.'),
      weddings: count.describe('Weddings that came of them.'),
      past: count.describe('Events that were over long ago, and are left out.'),
      ignored: count.describe('Events of another category.'),
      skipped: count.describe('Events that could not be used.'),
    })
    .optional()
    .describe('The last good copy in numbers.'),
  skipped: z
    .array(
      z.object({
        uid: z.string().max(128).describe('UID of the event.'),
        reason: z.string().max(64).describe('One CamelCase word, listed in the documentation.'),
        message: z.string().max(512).describe('What is wrong with it.'),
      }),
    )
    .max(MAX_NAMED_SKIPS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe(`The first ${MAX_NAMED_SKIPS} events that could not be used.`),
  conditions: conditions
    .optional()
    .describe('Accepted: whether the spec is understood. CalendarFresh: whether the last poll went well.'),
});

export type WeddingCalendarSpec = z.output<typeof weddingCalendarSpec>;
export type WeddingCalendarStatus = z.output<typeof weddingCalendarStatus>;
export type FeedMapping = z.output<typeof mapping>;
