import { free, instant, type KindSamples, name, oneOf, RING, whole } from './values.ts';

/** From before to after every instant of the samples, so that each end can be changed alone. */
const ALWAYS = {
  from: '0001-01-01T00:00:00Z',
  until: '9999-12-31T23:59:59Z',
  reason: 'a wedding',
  weddings: ['5f2a'],
  notListed: 3,
};

const OVERRIDE = {
  name: 'tls-key',
  user: 'ada@example.org',
  ticket: 'OPS-1234',
  scope: ['Rollout'],
  from: '2027-06-05T21:00:00Z',
  until: '2027-06-05T22:00:00Z',
};

const between = (from: string, until: string, accepted: boolean) => ({
  says: `from ${from} until ${until}`,
  change: { windows: [{ ...ALWAYS, from, until }] },
  accepted,
});

export const ROLLOUT_FREEZE_SAMPLES: KindSamples = {
  minimal: {},
  full: {
    windows: [ALWAYS],
    phase: 'Frozen',
    floor: 4,
    heartbeat: '2027-06-05T21:00:00Z',
    overrides: [OVERRIDE],
  },
  fields: {
    windows: { good: [[], Array(200).fill(ALWAYS)], bad: [Array(201).fill(ALWAYS), [null], [{}]] },
    'windows[]': { good: [{ ...ALWAYS, reason: '' }], bad: [{ from: ALWAYS.from, until: ALWAYS.until }] },
    'windows[].from': instant,
    'windows[].until': instant,
    'windows[].reason': free(0, 256),
    'windows[].weddings': { good: [[], Array(20).fill('5f2a')], bad: [Array(21).fill('5f2a'), [null]] },
    'windows[].weddings[]': free(0, 64),
    'windows[].notListed': { good: [1, 10_000], bad: [0, -1, 1.5] },
    phase: oneOf('Open', 'Frozen'),
    floor: whole(0, 1000),
    heartbeat: instant,
    overrides: { good: [[], Array(32).fill(OVERRIDE)], bad: [Array(33).fill(OVERRIDE), [null], [{}]] },
    'overrides[]': { good: [OVERRIDE], bad: [{ name: 'tls-key' }] },
    'overrides[].name': name,
    'overrides[].user': free(1, 512),
    'overrides[].ticket': free(0, 128),
    'overrides[].scope': {
      good: [['ScaleIn'], ['Rollout', 'ScaleIn', 'Delete', 'Evict']],
      bad: [[], ['Rollout', 'Rollout'], ['rollout'], [null]],
    },
    'overrides[].scope[]': oneOf('Rollout', 'ScaleIn', 'Delete', 'Evict'),
    'overrides[].from': instant,
    'overrides[].until': instant,
  },
  combinations: [
    between('2027-06-05T12:00:00Z', '2027-06-05T12:00:01Z', true),
    between('2027-06-05T12:00:00Z', '2027-06-05T12:00:00Z', false),
    between('2027-06-05T12:00:01Z', '2027-06-05T12:00:00Z', false),
    between('2027-06-05T12:00:00Z', '2027-06-05T13:00:00+01:00', false),
    between('2027-06-05T12:00:00+01:00', '2027-06-05T12:00:00Z', true),
    between('2027-06-05T12:00:00.001Z', '2027-06-05T12:00:00.002Z', true),
    between('2027-06-05T12:00:00.5Z', '2027-06-05T12:00:00.500Z', false),
    between('2027-06-05T12:00:00.000000001Z', '2027-06-05T12:00:00.000000002Z', false),
    {
      says: 'two windows, the second turned round',
      change: { windows: [ALWAYS, { ...ALWAYS, from: ALWAYS.until, until: ALWAYS.from }] },
      accepted: false,
    },
    {
      says: 'two windows that begin together',
      change: { windows: [ALWAYS, ALWAYS] },
      accepted: true,
    },
    {
      says: 'two windows, the later one first',
      change: { windows: [{ ...ALWAYS, from: '2027-06-05T12:00:00Z' }, ALWAYS] },
      accepted: false,
    },
    { says: `${RING} as reason`, change: { 'windows[].reason': RING }, accepted: true },
  ],
};
