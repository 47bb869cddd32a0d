/** `node test/golden/write-calendar-years.ts` accepts the golden years as they are now; see calendar-years.test.ts. */
import { writeFileSync } from 'node:fs';
import { CALENDAR_YEARS, dailyMaxima, goldenFile, maximaCsv } from './calendar-years.ts';

for (const year of CALENDAR_YEARS) writeFileSync(goldenFile(year), maximaCsv(await dailyMaxima(year)));
