import { expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../test/support/model-redis-cluster.ts';
import { NOON, observed, pod, redisPod } from '../../../test/support/presence-cluster-builder.ts';
import type { Observed } from '../cluster-state/observed.ts';
import { CalmLook } from './calm-look.ts';

const LATER = new Date(NOON.getTime() + 3_600_000);
const base = observed({
  topology: new ModelRedisCluster(3, 1).observe(),
  redisPods: [redisPod(0, 0)],
  presencePods: [pod('p-1', 'presence')],
});
/** The next look, which has answers of its own. */
const look = (more: Partial<Observed> = {}): Observed => ({
  ...base,
  topology: structuredClone(base.topology),
  ...more,
});

function noted(): CalmLook {
  const calm = new CalmLook();
  calm.note(base, 0, LATER);
  return calm;
}

it('knows a look that is equal, and when the clock brings another decision', () => {
  expect(new CalmLook().sameAs(look(), 0)).toBeUndefined();
  expect(noted().sameAs(look(), 29_000)).toEqual({ nextInstant: LATER });
});

it('takes no look for equal after half a minute, at another time of the clock, and once it was forgotten', () => {
  const calm = noted();
  expect(calm.sameAs(look(), 30_000)).toBeUndefined();
  expect(calm.sameAs(look({ now: LATER }), 1_000)).toBeUndefined();
  expect(calm.sameAs(look({ now: new Date(NOON.getTime() - 1) }), 1_000)).toBeUndefined();
  calm.forget();
  expect(calm.sameAs(look(), 1_000)).toBeUndefined();
});

it('passes over what flows in Redis all the time', () => {
  const nodes = base.topology.nodes.map((node) => ({
    ...node,
    replicationOffset: 4_711,
    fedSecondsAgo: 3,
  }));
  expect(noted().sameAs(look({ topology: { nodes } as Observed['topology'] }), 1_000)).toBeDefined();
});

it.each<[string, Partial<Observed>]>([
  ['a pod that was replaced in the cache', { redisPods: [redisPod(0, 0)] }],
  ['a pod more', { presencePods: [...base.presencePods, pod('p-2', 'presence')] }],
  ['another PresenceCluster in the cache', { cluster: { ...base.cluster } }],
  ['a server less', { topology: { nodes: base.topology.nodes.slice(1) } }],
  ['a server that does not answer', { topology: { nodes: silent(base) } }],
  ['a parameter of a server', { runningConfig: new Map([['a', { maxmemory: '1' }]]) }],
  ['Secrets that were read again', { aclSecret: { rulesAreCurrent: true } }],
  ['a Warning', { warnings: new Map([['Pod/a', { reason: 'a', message: 'b' }]]) }],
  ['a kind that cannot be watched', { unwatchedKinds: ['pods'] }],
  ['another autoscaler', { conflictingAutoscaler: 'HorizontalPodAutoscaler a' }],
  ['another node', { schedulableNodes: () => ['a'] }],
])('sees %s', (_, more) => {
  expect(noted().sameAs(look(more), 1_000)).toBeUndefined();
});

function silent({ topology: { nodes } }: Observed): Observed['topology']['nodes'] {
  const [first, ...others] = nodes;
  const { pod: name = '', shard = 0 } = first ?? {};
  return [{ pod: name, shard, terminating: false, reachable: false, reason: 'no answer' }, ...others];
}
