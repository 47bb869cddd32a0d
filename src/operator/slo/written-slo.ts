import * as z from 'zod';
import type { WrittenHistory } from '../../domain/slo/slo-history.ts';

/** More than the longest ring has, that of 90 days. */
const MAX_BUCKETS = 400;
const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const buckets = z.array(z.tuple([count, count, count, count, count])).max(MAX_BUCKETS);
const history = z.object({
  since: z.int().min(0),
  minutes: buckets,
  tenMinutes: buckets,
  hours: buckets,
  sixHours: buckets,
});

const KEY = 'slo';

/** As the data of a ConfigMap: some 7 kB for 28 days. */
export function sloToData(written: WrittenHistory): Record<string, string> {
  return { [KEY]: JSON.stringify(written) };
}

/** The inverse; undefined when the text is damaged: then nothing is known. */
export function sloFromData(data: Record<string, string> | undefined): WrittenHistory | undefined {
  try {
    const read = history.safeParse(JSON.parse(data?.[KEY] ?? ''));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
