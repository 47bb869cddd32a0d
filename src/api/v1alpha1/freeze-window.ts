import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { timeZone } from '../schema/fields.ts';

/** A list that people write by hand; a recurring freeze is a matter of `days`. */
export const MAX_SPEC_WINDOWS = 32;
/** A window without a sensible end is a typing error. No company closes for longer, and every patch waits for it. */
export const MAX_WINDOW_MS = 31 * 24 * 60 * 60 * 1000;
/** Characters of a local time, `2027-12-24T18:00`; an instant also has seconds and an offset. */
const LOCAL_LENGTH = 16;

/**
 * `2027-12-24T18:00` on a clock of the zone, or the instant `2027-12-24T18:00:00Z`. The years end at 2099, so that
 * 9999 is refused where a user means "never".
 */
const BOUNDARY =
  /^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$/;

const boundary = z.string().max(25).regex(BOUNDARY);

const isLocal = (text: string): boolean => text.length === LOCAL_LENGTH;
const isInstant = (text: string): boolean => z.iso.datetime({ offset: true }).safeParse(text).success;

const BOTH_LOCAL = `size(self.from) == ${LOCAL_LENGTH} && size(self.until) == ${LOCAL_LENGTH}`;
const BOTH_INSTANTS = `size(self.from) != ${LOCAL_LENGTH} && size(self.until) != ${LOCAL_LENGTH}`;

interface Span {
  from: string;
  until: string;
}

const areLocal = ({ from, until }: Span): boolean => isLocal(from) && isLocal(until);
const areInstants = ({ from, until }: Span): boolean => isInstant(from) && isInstant(until);
const lengthOf = ({ from, until }: Span): number => Date.parse(until) - Date.parse(from);

/** One window of `spec.freeze.windows` or `spec.freeze.allowWindows`. */
export const specWindow = withRules(
  z.object({
    name: z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .describe('Name of the window, different from the others of its list, for example year-end.'),
    from: boundary.describe(
      'First moment: a local time (2027-12-24T18:00) in timeZone, or an instant (2027-12-24T18:00:00Z).',
    ),
    until: boundary.describe('First moment after it, of the same form as from, at most 31 days later.'),
    timeZone: timeZone
      .optional()
      .describe('IANA time zone of local times. Left out: spec.timeZone. Instants need none.'),
    reason: z.string().min(1).max(128).describe('Why, in a few words; refusals repeat it.'),
  }),
  [
    {
      cel: `${BOTH_LOCAL} || ${BOTH_INSTANTS}`,
      message: 'from and until must both be local times (2027-12-24T18:00) or both be instants',
      check: (window) => isLocal(window.from) === isLocal(window.until),
    },
    {
      cel: `${BOTH_INSTANTS} ? timestamp(self.from) < timestamp(self.until) : self.from < self.until`,
      message: 'from must be before until',
      check: (window) =>
        areInstants(window) ? lengthOf(window) > 0 : !areLocal(window) || window.from < window.until,
    },
    {
      cel: `${BOTH_INSTANTS} ? timestamp(self.until) - timestamp(self.from) <= duration('${MAX_WINDOW_MS / 3_600_000}h') : true`,
      message: 'a window is at most 31 days long',
      check: (window) => areLocal(window) || (areInstants(window) && lengthOf(window) <= MAX_WINDOW_MS),
    },
  ],
);

export type SpecWindow = z.output<typeof specWindow>;

export const specWindows = withRules(z.array(specWindow).max(MAX_SPEC_WINDOWS), [
  {
    cel: 'self.all(one, self.exists_one(other, other.name == one.name))',
    message: 'names of windows must differ',
    check: (windows) => new Set(windows.map(({ name }) => name)).size === windows.length,
  },
]);
