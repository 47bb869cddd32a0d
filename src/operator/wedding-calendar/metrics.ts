import { Gauge, type Registry } from 'prom-client';
import type { WeddingCalendar } from '../../api/v1alpha1/kinds.ts';
import type { StoreReader } from '../../platform/kube/store.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

const LABELS = ['namespace', 'weddingcalendar'];

/** `presence_calendar_age_seconds`: how old the last good copy is, read from the cache at each scrape. */
export function registerCalendarMetrics(registry: Registry, calendars: StoreReader, clock: Clock): void {
  new Gauge({
    name: 'presence_calendar_age_seconds',
    help: 'Time since the feed of a WeddingCalendar last gave a copy that could be used.',
    labelNames: LABELS,
    registers: [registry],
    collect() {
      this.reset();
      for (const { metadata, status } of calendars.list() as unknown as WeddingCalendar[]) {
        if (status?.lastFetched === undefined) continue;
        const age = clock.now().getTime() - Date.parse(status.lastFetched);
        this.set({ namespace: metadata.namespace, weddingcalendar: metadata.name }, age / 1000);
      }
    },
  });
}
