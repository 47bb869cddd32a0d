import type { WeddingRegion } from './wedding-load.ts';

/** Weekdays of England and Wales 1995 to 2013 (ONS). */
const SATURDAYS = [4, 3.3, 4, 5, 17, 62, 4.4];
const FRIDAY_TO_SUNDAY = [3, 2.5, 3, 6, 20, 50, 15.5];

/** Months relative to the mean; published for the most part, interpolated in between. */
export const ENGLAND: WeddingRegion = {
  timeZone: 'Europe/London',
  weddingsPerYear: 6000,
  months: [0.31, 0.48, 0.54, 0.89, 1.25, 1.41, 1.53, 1.68, 1.57, 1.01, 0.55, 0.74],
  weekdays: SATURDAYS,
};

export const WORLD: readonly WeddingRegion[] = [
  { ...ENGLAND, weddingsPerYear: 3000 },
  {
    timeZone: 'America/New_York',
    weddingsPerYear: 2400,
    months: [0.55, 0.91, 0.72, 0.9, 1.15, 1.33, 1.14, 1.2, 1.17, 1.11, 0.9, 0.92],
    weekdays: FRIDAY_TO_SUNDAY,
  },
  {
    timeZone: 'Australia/Sydney',
    weddingsPerYear: 1000,
    months: [0.94, 1.19, 1.4, 1.16, 0.75, 0.58, 0.49, 0.64, 1.03, 1.48, 1.57, 0.78],
    weekdays: FRIDAY_TO_SUNDAY,
  },
  {
    timeZone: 'Pacific/Auckland',
    weddingsPerYear: 500,
    months: [1.65, 2.07, 1.53, 0.97, 0.59, 0.55, 0.47, 0.53, 0.61, 0.82, 1.1, 1.18],
    weekdays: SATURDAYS,
  },
];
