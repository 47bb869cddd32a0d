import { free, type KindSamples, LONG, name, oneOf, type Samples, time, whole, zone } from './values.ts';

const key: Samples = {
  good: ['url', 'a.b-c_D', 'x'.repeat(253)],
  bad: ['', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(254), LONG],
};
const interval: Samples = {
  good: ['10s', '15m', '24h', '23h59m60s'],
  bad: ['', '9s', '24h1s', '0s', '99999h', '15', 'm', '1d', '-15m', '15m ', '15m\n', LONG],
};
const staleness: Samples = {
  good: ['1m', '60s', '24h', '720h', '719h59m60s'],
  bad: ['', '59s', '720h1s', '0s', '99999h', '15', 'm', '1d', '-15m', '15m ', '15m\n', LONG],
};
const roles = ['photographer', 'videographer', 'venue', 'catering', 'planner', 'other'];
/** Of a crew of nine others, so that every number of one role up to 41 is right. */
const crew = { photographer: 1, videographer: 1, venue: 1, catering: 1, planner: 1, other: 1 };
const role: Samples = { good: [0, 45], bad: [-1, 46, 51, 0.5, 2 ** 31] };
const roleFields = (path: string): Record<string, Samples> =>
  Object.fromEntries(roles.map((each) => [`${path}.${each}`, role]));
const team: Samples = {
  good: [{ planner: 1 }, { catering: 50 }],
  bad: [{}, { planner: 0 }, { catering: 50, planner: 1 }],
};
const byCategory = { category: 'Elopement', team: crew };

export const WEDDING_CALENDAR_SAMPLES: KindSamples = {
  minimal: { source: { configMapName: 'feed' }, defaultTimeZone: 'Europe/London' },
  full: {
    source: { secretName: 'feed', key: 'url' },
    format: 'JSON',
    pollInterval: '5m',
    maxStaleness: '2h',
    defaultTimeZone: 'Europe/London',
    weddings: {
      category: 'Wedding',
      ceremony: '15:00',
      ends: '23:00',
      state: 'Planned',
      team: crew,
      teamByCategory: [byCategory],
      presenceClusterName: 'wedsync',
    },
    limits: { maxBytes: 1_000_000, maxEvents: 500 },
    acceptShrink: 3,
    allowPrivateNetworks: true,
  },
  fields: {
    source: {
      good: [{ configMapName: 'feed', key: 'feed' }, { secretName: 'a' }],
      bad: [{}, { secretName: 'a', configMapName: 'b' }, { key: 'url' }],
    },
    'source.secretName': name,
    // In the full object source has a secretName already.
    'source.configMapName': { good: [], bad: ['feed', '', 'A'] },
    'source.key': key,
    format: oneOf('ICalendar', 'JSON'),
    pollInterval: interval,
    maxStaleness: staleness,
    defaultTimeZone: zone,
    weddings: { good: [{}], bad: [{ ceremony: 'noon' }] },
    'weddings.category': free(1, 64),
    'weddings.ceremony': time,
    'weddings.ends': time,
    'weddings.state': oneOf('Planned', 'Confirmed'),
    'weddings.team': team,
    ...roleFields('weddings.team'),
    'weddings.teamByCategory': {
      good: [[], [byCategory], Array.from({ length: 20 }, () => byCategory)],
      bad: [
        [{}],
        [{ category: 'a' }],
        [{ team: crew }],
        Array.from({ length: 21 }, () => byCategory),
        [null],
      ],
    },
    'weddings.teamByCategory[]': { good: [byCategory], bad: [{}, { category: 'a' }] },
    'weddings.teamByCategory[].category': free(1, 64),
    'weddings.teamByCategory[].team': team,
    ...roleFields('weddings.teamByCategory[].team'),
    'weddings.presenceClusterName': name,
    limits: { good: [{}], bad: [{ maxEvents: 0 }] },
    'limits.maxBytes': whole(1024, 16_777_216),
    'limits.maxEvents': whole(1, 20_000),
    acceptShrink: whole(0, 20_000),
    allowPrivateNetworks: { good: [true, false], bad: [] },
  },
  combinations: ['feed', 'x'.repeat(253)].map((configMapName) => ({
    says: `a feed in a ConfigMap with a name of ${configMapName.length} characters`,
    change: { source: { configMapName } },
    accepted: true,
  })),
};
