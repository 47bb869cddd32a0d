import type { WeddingRow } from '../../api/dashboard/cluster-page.ts';
import type { Wedding } from '../../api/v1alpha1/kinds.ts';
import { teamSize } from '../../api/v1alpha1/wedding.ts';
import { formatInstant } from '../../domain/calendar/instant.ts';
import { acceptWedding } from '../../domain/calendar/wedding-interval.ts';

/** The weddings that touch a span of time, in order. One whose time is not known is left out. */
export function weddingRows(weddings: readonly Wedding[], from: Date, until?: Date): WeddingRow[] {
  return weddings
    .flatMap(({ metadata, spec }) => {
      const times = acceptWedding(spec);
      if (!times.accepted || times.ends <= from) return [];
      if (until !== undefined && times.ceremony >= until) return [];
      return [
        {
          name: metadata.name,
          timeZone: spec.timeZone,
          ceremony: formatInstant(times.ceremony),
          ends: formatInstant(times.ends),
          people: teamSize(spec.team),
          state: spec.state,
        },
      ];
    })
    .sort((a, b) => Date.parse(a.ceremony) - Date.parse(b.ceremony) || (a.name < b.name ? -1 : 1));
}
