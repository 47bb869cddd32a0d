import type { CalendarPage } from '../../api/dashboard/calendar-page.ts';
import type { PresenceCluster } from '../../api/v1alpha1/kinds.ts';
import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { calendarSegments } from '../../domain/calendar/calendar-segments.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { formatLocalDate, startOfLocalDay } from '../../domain/calendar/local-time.ts';
import { budgetFinding } from '../../domain/freeze/budget-finding.ts';
import { safeWindowOnTheWire } from '../../domain/freeze/next-safe-window.ts';
import { freezeWedding } from '../../domain/freeze/protected-weddings.ts';
import { freezeWindows } from '../../domain/freeze/windows.ts';
import { decidingSpec } from '../../reports/deciding-spec.ts';
import { type Inventory, weddingsOf } from '../../reports/inventory.ts';
import { idOf } from '../../reports/wedding-ids.ts';
import { weddingRows } from './wedding-rows.ts';

/** Six weeks of a month's page, with 24 of each day. */
const MAX_ROWS = 1000;

/** As far ahead as the operator writes windows. */
const BUDGET_DAYS = 90;

/**
 * Windows, peaks and weddings of some days. The budget and the next safe window are of the present.
 *
 * @param firstDay days since 1970-01-01, on the clocks of the PresenceCluster
 * @throws {SpecNotAccepted} when no spec of the PresenceCluster was ever accepted
 */
export function calendarPage(
  presenceCluster: PresenceCluster,
  inventory: Inventory,
  { firstDay, days, now }: { firstDay: number; days: number; now: Date },
): CalendarPage {
  const { spec } = decidingSpec(presenceCluster);
  const { timeZone } = spec;
  const starts = Array.from({ length: days + 1 }, (_, index) => startOfLocalDay(timeZone, firstDay + index));
  const [from, until] = [starts[0] as number, starts[days] as number];
  const all = weddingsOf(inventory, presenceCluster);
  const weddings = all.map((wedding) => freezeWedding(wedding, idOf(wedding)));
  const shown = freezeWindows({ spec, weddings, from: new Date(from), days });
  const ahead = freezeWindows({ spec, weddings, from: now, days: BUDGET_DAYS });
  const { status, message } = budgetFinding(ahead.budget);
  const rows = weddingRows(all, new Date(from), new Date(until));
  const page: CalendarPage = {
    timeZone,
    days: starts.slice(0, days).map((start, index) => ({
      date: formatLocalDate(firstDay + index),
      from: formatInstant(start),
      until: formatInstant(starts[index + 1] as number),
    })),
    freezes: shown.windows
      .filter((window) => window.from.getTime() < until)
      .map((window) => ({
        from: formatInstant(window.from),
        until: formatInstant(window.until),
        reason: window.reason,
        weddings: window.weddings.length + window.notListed,
      })),
    peaks: peaksOf(spec, from, until),
    weddings: rows.slice(0, MAX_ROWS),
    notShown: Math.max(0, rows.length - MAX_ROWS),
    budget: { isExceeded: status === 'False', message },
  };
  if (ahead.nextSafeWindow !== undefined) page.nextSafeWindow = safeWindowOnTheWire(ahead.nextSafeWindow);
  return page;
}

function peaksOf(
  { scaling, timeZone }: PresenceClusterSpec,
  from: number,
  until: number,
): CalendarPage['peaks'] {
  const peaks: CalendarPage['peaks'] = [];
  for (const segment of calendarSegments(scaling, timeZone, from)) {
    if (segment.from >= until || peaks.length >= MAX_ROWS) break;
    if (segment.peak === undefined) continue;
    peaks.push({
      from: formatInstant(segment.from),
      until: formatInstant(Math.min(segment.until, until)),
      multiplier: segment.peak.multiplier,
      season: segment.season,
    });
  }
  return peaks;
}
