import * as z from 'zod';
import { withRules } from '../schema/cel-rule.ts';
import { conditions, duration, instant, timeZone, weekday } from '../schema/fields.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { labelSelector } from '../workload/labels.ts';
import { durationMs } from './freeze-budget.ts';
import { MAX_WINDOW_MS, specWindows } from './freeze-window.ts';
import { freezeWindow, MAX_WINDOWS } from './rollout-freeze.ts';

/** Like manual windows, a list that people write by hand. */
const MAX_RECURRING = 16;
const MAX_CUSTOM_RESOURCES = 16;
/** Set-up the week before and a day after are protection; longer is a freeze that never ends. */
const MAX_MARGIN_HOURS = 7 * 24;
const HOUR_MS = 3_600_000;
const MARGINS = ['before', 'after'] as const;

export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

const windowName = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

const recurringWindow = withRules(
  z.object({
    name: windowName.describe(
      'Name of the window, different from the others of its list, for example weekend.',
    ),
    start: z
      .string()
      .max(16)
      .regex(/^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$/)
      .describe(
        'Local time of the first day that the rule may name, and the time of day of every window: 2027-01-08T17:00.',
      ),
    rule: z
      .string()
      .min(1)
      .max(256)
      .describe('Recurrence rule (RRULE of RFC 5545) of whole days, for example FREQ=WEEKLY;BYDAY=FR.'),
    duration: duration.describe('How long each window lasts, at most 744h (31 days).'),
    timeZone: timeZone.optional().describe('IANA time zone of start. Left out: spec.timeZone.'),
    reason: z.string().min(1).max(128).describe('Why, in a few words; refusals repeat it.'),
  }),
  [
    {
      cel: `duration(self.duration) > duration('0s') && duration(self.duration) <= duration('${MAX_WINDOW_MS / HOUR_MS}h')`,
      message: 'duration must be longer than 0s and at most 744h',
      check: (window) => durationMs(window.duration) > 0 && durationMs(window.duration) <= MAX_WINDOW_MS,
      path: 'duration',
    },
  ],
);

export type RecurringWindow = z.output<typeof recurringWindow>;

const recurringWindows = withRules(z.array(recurringWindow).max(MAX_RECURRING), [
  {
    cel: 'self.all(one, self.exists_one(other, other.name == one.name))',
    message: 'names of windows must differ',
    check: (windows) => new Set(windows.map(({ name }) => name)).size === windows.length,
  },
]);

const customResource = z.object({
  group: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
    .describe('API group, for example postgresql.cnpg.io.'),
  resource: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .describe('Plural name, for example clusters.'),
});

export type CustomResource = z.output<typeof customResource>;

const protectedWeddings = withRules(
  z.object({
    selector: labelSelector.optional().describe('Weddings of the namespace. Left out: all of them.'),
    days: z
      .array(weekday)
      .min(1)
      .max(7)
      .default(['Saturday'])
      .meta({ 'x-kubernetes-list-type': 'set' })
      .refine((days) => new Set(days).size === days.length, 'days must differ')
      .describe('Protected days in the zone of each wedding.'),
    before: duration
      .default('6h')
      .describe('The window begins this long before the ceremony, at most 168h (7 days).'),
    after: duration
      .default('4h')
      .describe('The window ends this long after the end of the wedding, at most 168h (7 days).'),
  }),
  MARGINS.map((margin) => ({
    cel: `duration(self.${margin}) <= duration('${MAX_MARGIN_HOURS}h')`,
    message: `${margin} is at most ${MAX_MARGIN_HOURS}h`,
    check: (value) => durationMs(value[margin]) <= MAX_MARGIN_HOURS * HOUR_MS,
    path: margin,
  })),
);

const PARTS = ['matchLabels', 'matchExpressions'] as const;
const CAUSES = ['windows', 'recurring'] as const;

export const changeFreezeSpec = z.preprocess(
  withoutNullMembers,
  withRules(
    z.object({
      selector: labelSelector
        .optional()
        .describe(
          'Labels of the objects that are frozen. Left out, or without any requirement, only with allWorkloads.',
        ),
      allWorkloads: z
        .boolean()
        .default(false)
        .describe(
          'Confirms that every object of these kinds in the namespace is meant; then there is no selector.',
        ),
      kinds: z
        .array(z.enum(WORKLOAD_KINDS))
        .max(WORKLOAD_KINDS.length)
        .default(['Deployment', 'StatefulSet', 'DaemonSet'])
        .meta({ 'x-kubernetes-list-type': 'set' })
        .refine((kinds) => new Set(kinds).size === kinds.length, 'kinds must differ')
        .describe('Kinds of Kubernetes that are frozen: Deployment, StatefulSet, DaemonSet, Job, CronJob.'),
      customResources: z
        .array(customResource)
        .max(MAX_CUSTOM_RESOURCES)
        .default([])
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .describe(
          'Custom resources that are frozen. The chart value changeFreezes.customResources must list them too.',
        ),
      timeZone: timeZone.default('UTC').describe('IANA time zone of local times, for example Europe/London.'),
      windows: specWindows
        .default([])
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .describe('Windows that occur once.'),
      recurring: recurringWindows
        .default([])
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .describe('Windows that recur.'),
      weddings: protectedWeddings
        .optional()
        .describe(
          'Windows around the confirmed Weddings of the namespace. Left out: weddings freeze nothing.',
        ),
    }),
    [
      {
        cel: `self.allWorkloads != (has(self.selector) && (${PARTS.map((part) => `has(self.selector.${part}) && size(self.selector.${part}) > 0`).join(' || ')}))`,
        message:
          'selector must have a requirement; to freeze every object of these kinds, leave it out and set allWorkloads to true',
        check: ({ allWorkloads, selector }) =>
          allWorkloads !== PARTS.some((part) => Object.keys(selector?.[part] ?? {}).length > 0),
      },
      {
        cel: 'size(self.kinds) + size(self.customResources) > 0',
        message: 'kinds or customResources must name something',
        check: ({ kinds, customResources }) => kinds.length + customResources.length > 0,
      },
      {
        cel: `${CAUSES.map((cause) => `size(self.${cause})`).join(' + ')} > 0 || has(self.weddings)`,
        message: 'windows, recurring or weddings must say when',
        check: ({ windows, recurring, weddings }) =>
          windows.length + recurring.length > 0 || weddings !== undefined,
      },
    ],
  ),
);

export type ChangeFreezeSpec = z.output<typeof changeFreezeSpec>;

export const changeFreezeStatus = z.object({
  observedGeneration: z.int().optional().describe('metadata.generation this status speaks of.'),
  phase: z.enum(['Open', 'Frozen']).optional().describe('Frozen while a window is on.'),
  windows: z
    .array(freezeWindow)
    .max(MAX_WINDOWS)
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Half-open windows [from, until) as they are written for the API server, merged, in order.'),
  knownUntil: instant
    .optional()
    .describe('Windows are written up to this instant. Until then the freeze holds without the operator.'),
  conditions: conditions
    .optional()
    .describe('Accepted: the spec is in use. Enforced: the API server refuses changes.'),
});

export type ChangeFreezeStatus = z.output<typeof changeFreezeStatus>;
