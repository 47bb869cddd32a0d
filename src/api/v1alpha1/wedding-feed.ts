import * as z from 'zod';
import { MAX_UID_LENGTH } from '../schema/feed-limits.ts';
import { localDate, localTime, timeZone } from '../schema/fields.ts';
import { team } from './wedding.ts';

/**
 * A feed in JSON: `{"weddings": [BOOKING, …]}`. The envelope is held to its form as a whole, each booking by itself, so
 * that one bad booking costs only itself.
 */

export const jsonBooking = z.strictObject({
  uid: z.string().min(1).max(MAX_UID_LENGTH),
  date: localDate,
  timeZone: timeZone.nullish(),
  ceremony: localTime.nullish(),
  ends: localTime.nullish(),
  state: z.enum(['Planned', 'Confirmed', 'Done', 'Cancelled']).nullish(),
  team: team.nullish(),
  /** As CATEGORIES of an iCalendar event. */
  categories: z.array(z.string().max(64)).max(20).nullish(),
});

export type JsonBooking = z.output<typeof jsonBooking>;
