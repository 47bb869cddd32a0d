import { SELECTOR, selectorFields } from './affinity.ts';
import { ABSENT } from './spec-paths.ts';
import { free, type KindSamples, length, oneOf, type Samples, zone } from './values.ts';

const LOCAL = {
  name: 'year-end',
  from: '2027-12-24T18:00',
  until: '2028-01-03T08:00',
  timeZone: 'Europe/London',
  reason: 'the office is closed',
};
const weekend = {
  name: 'weekend',
  start: '2027-01-08T17:00',
  rule: 'FREQ=WEEKLY;BYDAY=FR',
  duration: '63h',
  timeZone: 'Europe/London',
  reason: 'the office is closed',
};
const database = { group: 'postgresql.cnpg.io', resource: 'clusters' };
const windowName: Samples = {
  good: ['a', '0', 'a-b', 'x'.repeat(63)],
  bad: ['', 'A', 'a.b', '-a', 'a-', 'a b', 'a\n', 'x'.repeat(64)],
};
const boundary: Samples = {
  // The other end of the window is a local time of 2027 or 2028.
  good: [],
  bad: ['', '2027-12-24', '2027-12-24T18:00Z', '1999-12-24T18:00', '2027-13-24T18:00', 'tomorrow'],
};
const margin: Samples = {
  good: ['0s', '90m', '168h'],
  bad: [...length.bad, '168h1s', '169h'],
};
const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export const CHANGE_FREEZE_SAMPLES: KindSamples = {
  minimal: { allWorkloads: true, recurring: [weekend] },
  full: {
    selector: SELECTOR,
    allWorkloads: false,
    kinds: ['Deployment'],
    customResources: [database],
    timeZone: 'Europe/London',
    windows: [LOCAL],
    recurring: [weekend],
    weddings: {
      selector: SELECTOR,
      days: ['Saturday'],
      before: '6h',
      after: '4h',
    },
  },
  fields: {
    ...selectorFields('selector'),
    selector: {
      good: [{ matchLabels: { team: 'a' } }],
      bad: [{ matchLabels: { 'a b': 'c' } }],
    },
    allWorkloads: { good: [false], bad: ['true', 1] },
    kinds: { good: [[], kinds], bad: [['deployment'], ['Job', 'Job'], [null], [...kinds, 'Job']] },
    'kinds[]': oneOf(...kinds),
    customResources: {
      good: [[], [database], Array.from({ length: 16 }, () => database)],
      bad: [[{}], [null], Array.from({ length: 17 }, () => database)],
    },
    'customResources[]': { good: [database], bad: [{}, { group: 'a' }, { resource: 'a' }] },
    'customResources[].group': {
      good: ['a', 'postgresql.cnpg.io'],
      bad: ['', 'A', 'a_b', 'a.', 'a/v1', 'a\n', 'x'.repeat(254)],
    },
    'customResources[].resource': {
      good: ['clusters'],
      bad: ['', 'Clusters', 'a.b', 'clusters/scale', '*', 'a\n', 'x'.repeat(64)],
    },
    timeZone: zone,
    windows: {
      good: [[], [LOCAL], Array.from({ length: 32 }, (_, index) => ({ ...LOCAL, name: `w${index}` }))],
      bad: [
        [LOCAL, LOCAL],
        [null],
        [{}],
        Array.from({ length: 33 }, (_, index) => ({ ...LOCAL, name: `w${index}` })),
      ],
    },
    'windows[]': { good: [LOCAL], bad: [{}, { ...LOCAL, until: LOCAL.from }] },
    'windows[].name': windowName,
    'windows[].from': { ...boundary, good: ['2027-12-01T00:00'] },
    'windows[].until': { ...boundary, good: ['2028-01-04T00:00'] },
    'windows[].timeZone': zone,
    'windows[].reason': free(1, 128),
    recurring: {
      good: [[], [weekend], Array.from({ length: 16 }, (_, index) => ({ ...weekend, name: `w${index}` }))],
      bad: [
        [weekend, weekend],
        [null],
        [{}],
        Array.from({ length: 17 }, (_, index) => ({ ...weekend, name: `w${index}` })),
      ],
    },
    'recurring[]': { good: [weekend], bad: [{}, { ...weekend, duration: '0s' }] },
    'recurring[].name': windowName,
    'recurring[].start': {
      good: ['2027-01-08T17:00', '2027-02-30T00:00', '2099-12-31T23:59'],
      bad: [
        '',
        '2027-01-08',
        '2027-01-08T17:00:00Z',
        '1999-01-08T17:00',
        '2027-01-08T24:00',
        '2027-01-08T17:00\n',
      ],
    },
    'recurring[].rule': free(1, 256),
    'recurring[].duration': { good: ['1s', '90m', '744h'], bad: [...length.bad, '0s', '744h1s', '745h'] },
    'recurring[].timeZone': zone,
    'recurring[].reason': free(1, 128),
    weddings: { good: [{}, { days: ['Sunday'] }], bad: [{ days: [] }, { before: '169h' }] },
    ...selectorFields('weddings.selector'),
    'weddings.days': { good: [['Sunday'], days], bad: [[], ['Sunday', 'Sunday'], ['sunday'], [null]] },
    'weddings.days[]': oneOf(...days),
    'weddings.before': margin,
    'weddings.after': margin,
  },
  combinations: [
    {
      says: 'everything, confirmed',
      change: { selector: ABSENT, allWorkloads: true },
      accepted: true,
    },
    { says: 'an empty selector, not confirmed', change: { selector: {} }, accepted: false },
    {
      says: 'a selector without a requirement, not confirmed',
      change: { selector: { matchLabels: {}, matchExpressions: [] } },
      accepted: false,
    },
    { says: 'everything, not confirmed', change: { selector: ABSENT }, accepted: false },
    {
      says: 'everything, by an empty selector',
      change: { selector: {}, allWorkloads: true },
      accepted: true,
    },
    { says: 'both ways', change: { allWorkloads: true }, accepted: false },
    { says: 'no kind', change: { kinds: [], customResources: [] }, accepted: false },
    { says: 'custom resources only', change: { kinds: [] }, accepted: true },
    { says: 'no time', change: { windows: [], recurring: [], weddings: ABSENT }, accepted: false },
    { says: 'weddings only', change: { windows: [], recurring: [] }, accepted: true },
  ],
};
