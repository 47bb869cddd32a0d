import * as z from 'zod';
import { ROLES } from '../protocol/roles.ts';
import { MAX_TEAM_SIZE, teamSize } from '../protocol/team.ts';
import { withRules } from '../schema/cel-rule.ts';
import { conditions, instant, localDate, localTime, objectName, timeZone } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';

const WEDDING_STATES = ['Planned', 'Confirmed', 'Done', 'Cancelled'] as const;

const people = (who: string) => z.int32().min(0).max(MAX_TEAM_SIZE).optional().describe(`Number of ${who}.`);

/** Optional members read as 0; `has()` keeps CEL from failing on absent ones. */
const TEAM_SUM = ROLES.map((role) => `(has(self.${role}) ? self.${role} : 0)`).join(' + ');

export { MAX_TEAM_SIZE, type Team, teamSize } from '../protocol/team.ts';

export const team = withRules(
  z.object({
    photographer: people('photographers'),
    videographer: people('videographers'),
    venue: people('people of the venue'),
    catering: people('caterers'),
    planner: people('planners'),
    other: people('others: florists, musicians, drivers'),
  }),
  [
    {
      cel: `${TEAM_SUM} >= 1 && ${TEAM_SUM} <= ${MAX_TEAM_SIZE}`,
      message: `team must have 1 to ${MAX_TEAM_SIZE} people in total`,
      check: (value) => teamSize(value) >= 1 && teamSize(value) <= MAX_TEAM_SIZE,
    },
  ],
);

export const weddingSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    date: localDate.describe('Day of the ceremony at the venue, YYYY-MM-DD.'),
    timeZone: timeZone.describe('IANA time zone of the venue, for example Europe/London.'),
    ceremony: localTime.describe('Start of the ceremony, local time, HH:MM.'),
    ends: localTime
      .default('01:00')
      .describe('End of the party, local time, HH:MM; on the next day when not after the ceremony.'),
    state: z
      .enum(WEDDING_STATES)
      .default('Confirmed')
      .describe(
        'Planned, Confirmed, Done or Cancelled. Only a Confirmed wedding protects its day; whether it is on now comes from the clock.',
      ),
    team: team.describe('People of the crew by role, 1 to 50 in total.'),
    presenceClusterName: objectName
      .optional()
      .describe(
        'PresenceCluster of the same namespace that serves it. Left out: every one of the namespace.',
      ),
  }),
);

export const weddingStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  startsAt: instant.optional().describe('Instant of the ceremony.'),
  endsAt: instant.optional().describe('Instant of the end of the party.'),
  phase: z
    .enum(['Upcoming', 'Active', 'Over', 'Cancelled'])
    .optional()
    .describe('Upcoming, Active, Over or Cancelled, by the clock.'),
  conditions: conditions.optional().describe('Accepted: whether the wedding counts.'),
});

export type WeddingSpec = z.output<typeof weddingSpec>;
export type WeddingStatus = z.output<typeof weddingStatus>;
