import type { Recorded } from './wedding-evening.ts';

/** Runs and sets a mark if a page ever takes a text for HTML, an attribute or an address. */
export const PLANTED = [
  '<img src=x onerror="globalThis.planted=1"><script>globalThis.planted=1</script>',
  `"' onmouseover="globalThis.planted=1" javascript:globalThis.planted=1`,
  '{globalThis.planted=1} \u202e',
].join(' ');
const LONG = `${PLANTED} ${'W'.repeat(400)}`.slice(0, 500);

const API = 'presence.wedsync.io/v1alpha1';
const NOW = new Date();
const at = (hours: number): string =>
  `${new Date(NOW.getTime() + hours * 3_600_000).toISOString().slice(0, 19)}Z`;
const condition = (type: string, status: string) => ({
  type,
  status,
  reason: PLANTED.slice(0, 200),
  message: LONG,
  lastTransitionTime: at(-1),
});
const today = NOW.toISOString().slice(0, 10);

/** Every free text that the API server lets through, in every object that the page shows, and very long lists. */
export const HOSTILE: readonly Recorded[] = [
  { object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hostile' } } },
  {
    object: {
      apiVersion: API,
      kind: 'PresenceCluster',
      metadata: { name: 'planted', namespace: 'hostile' },
      spec: {
        timeZone: 'Europe/London',
        scaling: { baselineReplicas: 2 },
        freeze: { windows: [{ name: 'w', from: at(-1), until: at(5), reason: PLANTED.slice(0, 128) }] },
      },
    },
    status: {
      observedAt: at(-3),
      observedEverySeconds: 60,
      conditions: [
        condition('Ready', 'False'),
        condition('RedisReplicated', 'False'),
        condition(`${PLANTED.slice(0, 300)}`, 'Unknown'),
      ],
      presence: { replicas: 2, readyReplicas: 1 },
      redis: {
        state: PLANTED.slice(0, 64),
        message: LONG,
        slotsCovered: 9000,
        shards: Array.from({ length: 90 }, (_, index) => ({
          index,
          primary: `${PLANTED.slice(0, 200)}${index}`,
          replicas: Array.from({ length: 4 }, (__, replica) => `${PLANTED.slice(0, 200)}${index}-${replica}`),
          slots: 100,
        })),
        lastFailover: {
          at: at(-2),
          shard: 1,
          from: PLANTED.slice(0, 200),
          to: PLANTED.slice(0, 200),
          because: LONG,
        },
      },
      scaling: {
        at: at(-1),
        floor: 2,
        desired: 2,
        season: 1,
        peak: 1,
        because: LONG,
        winner: PLANTED.slice(0, 32),
        candidates: [{ source: PLANTED.slice(0, 32), replicas: 2, because: LONG }],
        nextChange: { at: at(3), expect: 4, because: PLANTED.slice(0, 250) },
      },
      held: Array.from({ length: 200 }, (_, index) => ({
        workload: `${PLANTED.slice(0, 250)}${index}`,
        since: at(-1),
        until: at(4),
        fields: Array.from({ length: 6 }, (__, field) => `${PLANTED.slice(0, 200)}${field}`),
      })),
    },
  },
  {
    object: {
      apiVersion: API,
      kind: 'PresenceCluster',
      metadata: { name: 'no-such-zone', namespace: 'hostile' },
      spec: { timeZone: 'Europe/Londn', scaling: { baselineReplicas: 2 } },
    },
  },
  {
    object: {
      apiVersion: API,
      kind: 'RolloutFreeze',
      metadata: { name: 'planted', namespace: 'hostile' },
      spec: { windows: [{ from: at(-1), until: at(5), reason: LONG.slice(0, 256), weddings: [] }] },
    },
  },
  {
    object: {
      apiVersion: API,
      kind: 'RolloutOverride',
      metadata: { name: 'planted', namespace: 'hostile' },
      spec: {
        presenceClusterName: 'planted',
        reason: LONG,
        ticket: PLANTED.slice(0, 128),
        requestedBy: LONG.slice(0, 512),
        expiresAt: at(2),
        scope: ['Rollout'],
      },
    },
  },
  ...Array.from(
    { length: 60 },
    (_, index): Recorded => ({
      object: {
        apiVersion: API,
        kind: 'Wedding',
        metadata: { name: `${'very-long-'.repeat(20)}${index}`, namespace: 'hostile' },
        spec: {
          date: today,
          timeZone: 'Pacific/Kiritimati',
          ceremony: '00:10',
          ends: '23:50',
          team: { other: 50 },
        },
      },
    }),
  ),
  ...Array.from(
    { length: 60 },
    (_, index): Recorded => ({
      object: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: `planted-${index}`, namespace: 'hostile' },
        eventTime: at(-index / 10).replace('Z', '.000000Z'),
        reportingController: 'planted',
        reportingInstance: PLANTED.slice(0, 100),
        action: PLANTED.slice(0, 100),
        reason: PLANTED.slice(0, 128),
        type: 'Warning',
        note: LONG.slice(0, 1000),
        regarding: { apiVersion: API, kind: 'PresenceCluster', name: 'planted', namespace: 'hostile' },
      } as Recorded['object'],
    }),
  ),
  {
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'planted-redis-0-0',
        namespace: 'hostile',
        labels: { 'presence.wedsync.io/cluster': 'planted' },
      },
      spec: { nodeName: 'n'.repeat(200), containers: [{ name: 'redis', image: 'x' }] },
    },
  },
];
