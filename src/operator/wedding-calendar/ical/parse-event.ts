import ICAL from 'ical.js';
import { ROLES } from '../../../api/protocol/roles.ts';
import { MAX_TEAM_SIZE, type Team, type WeddingSpec } from '../../../api/v1alpha1/wedding.ts';
import { MAX_UID_LENGTH } from '../../../api/v1alpha1/wedding-feed.ts';
import { type FeedTime, UnusableEvent, wallOf } from '../../../domain/feed/feed-event.ts';
import type { ParsedEvent } from '../../../domain/feed/group-series.ts';
import { wallIn } from '../../../domain/feed/wall-in.ts';
import { type Component, parseComponent, properties, property, textOf } from './component.ts';
import { ruleOf } from './rule-value.ts';
import { timeOf, timesOf } from './time-values.ts';
import type { ZoneTable } from './zone-table.ts';

const MAX_CATEGORIES = 20;

const STATES: Record<string, WeddingSpec['state']> = {
  CANCELLED: 'Cancelled',
  TENTATIVE: 'Planned',
  CONFIRMED: 'Confirmed',
};

/** The UID of an event's text, for a message about an event that cannot be read. */
export function uidOfText(text: string): string {
  return /^UID(?:;[^:]*)?:(.*)$/im.exec(text)?.[1]?.trim() ?? '';
}

/** @throws {UnusableEvent} */
export function parseEvent(text: string, zones: ZoneTable, defaultTimeZone: string): ParsedEvent {
  const component = parseComponent(text);
  const uid = textOf(component, 'uid') ?? '';
  if (uid === '') throw new UnusableEvent('MissingUid', 'has no UID');
  if (uid.length > MAX_UID_LENGTH) {
    throw new UnusableEvent('InvalidSyntax', `its UID is longer than ${MAX_UID_LENGTH} characters`);
  }
  if (property(component, 'exrule')) throw new UnusableEvent('InvalidRecurrence', 'EXRULE is not understood');
  const dtstart = property(component, 'dtstart');
  if (dtstart === undefined) throw new UnusableEvent('InvalidTime', 'has no DTSTART');
  const start = timeOf(dtstart, zones);
  const recurrenceId = property(component, 'recurrence-id');
  return {
    event: {
      ...{ uid, start, recurrence: '' },
      durationMinutes: durationOf(component, start, zones, defaultTimeZone),
      state: STATES[(textOf(component, 'status') ?? '').toUpperCase()],
      categories: categoriesOf(component),
      team: teamOf(component),
    },
    rules: properties(component, 'rrule').map(({ values }) => {
      const { until, ...rule } = ruleOf(values[0]);
      const last = { name: 'until', parameters: {}, type: '', values: [until] };
      return { ...rule, until: until === undefined ? undefined : timeOf(last, zones) };
    }),
    added: properties(component, 'rdate').flatMap((each) => timesOf(each, zones)),
    excluded: properties(component, 'exdate').flatMap((each) => timesOf(each, zones)),
    recurrenceId: recurrenceId && {
      at: timeOf(recurrenceId, zones),
      andFuture: recurrenceId.parameters.range === 'THISANDFUTURE',
    },
    revision: {
      sequence: Number(textOf(component, 'sequence') ?? 0) || 0,
      stamp: textOf(component, 'dtstamp') ?? '',
    },
  };
}

function durationOf(
  component: Component,
  start: FeedTime,
  zones: ZoneTable,
  defaultTimeZone: string,
): number | undefined {
  const dtend = property(component, 'dtend');
  if (dtend !== undefined) {
    return wallIn(start, timeOf(dtend, zones, 'up'), defaultTimeZone) - wallOf(start);
  }
  const duration = textOf(component, 'duration');
  if (duration === undefined) return undefined;
  try {
    return Math.ceil(ICAL.Duration.fromString(duration).toSeconds() / 60);
  } catch {
    throw new UnusableEvent('InvalidTime', `DURATION: ${duration.slice(0, 40)} is no length of time`);
  }
}

function categoriesOf(component: Component): string[] {
  return properties(component, 'categories')
    .flatMap(({ values }) => values.map((value) => String(value).trim()))
    .slice(0, MAX_CATEGORIES);
}

/** People by role, from `X-TEAM-PHOTOGRAPHER:2` and so on. Roles that are not named have nobody then. */
function teamOf(component: Component): Team | undefined {
  const team: Team = {};
  for (const role of ROLES) {
    const text = textOf(component, `x-team-${role}`);
    if (text === undefined) continue;
    const people = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (!(people <= MAX_TEAM_SIZE)) {
      throw new UnusableEvent(
        'InvalidTeam',
        `X-TEAM-${role.toUpperCase()}: ${text.slice(0, 40)} is no number of people`,
      );
    }
    team[role] = people;
  }
  return Object.keys(team).length === 0 ? undefined : team;
}
