import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import {
  IMAGES,
  NOON,
  observed,
  presenceCluster,
  redisPod,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import type { ObservedTopology } from '../../../domain/topology/observed.ts';
import { planTopology } from '../../../domain/topology/plan.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import type { Observed } from '../../cluster-state/observed.ts';
import { RenewalAttempts } from '../../redis/renewal-attempts.ts';
import { planReconcile, type ReconcilePlan } from '../plan/reconcile-plan.ts';
import { clusterConditions } from './conditions.ts';
import { spreadCondition } from './spread-condition.ts';

const DESIRED = { shards: 3, replicasPerShard: 1 };
const model = new ModelRedisCluster(3, 1);
for (let round = 0; round < 20; round++) {
  for (const step of planTopology(model.observe(), DESIRED).steps) model.apply(step);
  model.gossip();
}
const redisPods = [0, 1, 2].flatMap((shard) => [redisPod(shard, 0), redisPod(shard, 1)]);

/** @param places Kubernetes nodes of pods 0 and 1 of each shard; pod 0 is the primary */
function topology(places: string[]): ObservedTopology {
  const nodes = model.observe().nodes.map((node) => ({
    ...node,
    pod: `wedsync-${node.pod}`,
    kubernetesNode: places[node.shard]?.[Number(node.pod.at(-1))] ?? '',
  }));
  return { nodes };
}

/** A pass over a cluster that was drained, with nothing else under way. */
function passOf(
  more: Partial<Observed> = {},
  change: (pass: ReconcilePlan) => Partial<ReconcilePlan> = () => ({}),
): ReconcilePlan {
  const seen = observed({
    redisPods,
    topology: topology(['ab', 'ab', 'ba']),
    schedulableNodes: () => ['a', 'b', 'c'],
    ...(more as object),
  });
  const accepted = acceptance(seen.cluster);
  if (!accepted.serving) throw new Error('nothing serves');
  const pass = planReconcile(seen, accepted, accepted.serving, IMAGES);
  const revisions = pass.desired.revisions.map((each) => ({
    ...each,
    record: { revision: 'r', state: 'Ready' as const, since: NOON },
  }));
  const quiet = { ...pass, desired: { ...pass.desired, workloads: [], revisions } };
  return { ...quiet, ...change(quiet) };
}

function say(...args: Parameters<typeof passOf>): string {
  const [found] = spreadCondition(passOf(...args));
  return found === undefined ? 'nothing' : `${found.status} ${found.reason}: ${found.message}`;
}

/** Node, its primaries and all shards; the wording is in test/golden/messages.txt. */
const BURDEN = 'Node a holds 2 of 3 primaries: .*';
const RENEWED = 'ecreating wedsync-redis-0-1 so that it is scheduled on c';
const claim = presenceCluster({ redis: { storage: { type: 'Claim', size: '1Gi' } } } as never);

describe('RedisSpread', () => {
  it('is True when any node may be lost', () => {
    expect(say({ topology: topology(['ab', 'bc', 'ca']) })).toMatch(/^True Spread: /);
  });

  it('waits for the hand-over that helps', () => {
    expect(say({ topology: topology(['ab', 'ac', 'bc']) })).toMatch(
      new RegExp(`^False HandingOver: ${BURDEN}`),
    );
  });

  it('names the node, the replica and where it is to go, and Ready does not depend on it', () => {
    expect(say()).toMatch(new RegExp(`^False OneNodeHoldsMajority: ${BURDEN}${RENEWED}`));
    const conditions = clusterConditions(passOf());
    expect(conditions.filter(({ type }) => type === 'RedisSpread')).toHaveLength(1);
    expect(conditions.find(({ type }) => type === 'RedisAvailable')?.status).toBe('True');
    expect(conditions.find(({ type }) => type === 'Ready')?.message).not.toContain('majority');
  });

  it('alarms no small cluster: it says how many nodes it would take', () => {
    expect(say({ schedulableNodes: () => ['a', 'b'] })).toMatch(
      new RegExp(`^False TooFewNodes: ${BURDEN}2 nodes take Redis pods; 3 are needed`),
    );
  });

  it('says what a person can do', () => {
    expect(say({ cluster: claim })).toMatch(
      /the volume of wedsync-redis-0-1 .* scheduled on c\. .* claim data-wedsync-redis-0-1/,
    );
    expect(say({ schedulableNodes: () => undefined })).toContain('not allowed to read Nodes');
    expect(say({ cluster: presenceCluster({ redis: { replicasPerShard: 0 } } as never) })).toContain(
      'until the node is back. There are no replicas to fail over to: raise spec.redis.replicasPerShard.',
    );
  });

  it('asks for a node when the scheduler would place no replica so that it helps', () => {
    const cordoned = topology(['ax', 'ax', 'cx']).nodes.map((node) =>
      node.kubernetesNode === 'x' ? { ...node, cordoned: true } : node,
    );
    // Node d is the fullest of pods that are of no shard, so that every replica would go to a or c.
    const idle = ['i-1', 'i-2', 'i-3'].map(
      (pod) => ({ pod, kubernetesNode: 'd' }) as (typeof cordoned)[number],
    );
    const crowded = ({ observed: seen }: ReconcilePlan) => ({
      observed: {
        ...seen,
        topology: { nodes: [...cordoned, ...idle] },
        schedulableNodes: () => ['a', 'c', 'd'],
      },
    });
    expect(say({}, crowded)).toContain('no node could take one that does: add a node');
  });

  it('keeps what it said while a shard has no primary', () => {
    const { nodes } = topology(['ab', 'ab', 'ba']);
    const [first, ...others] = nodes;
    const dead = { ...first, reachable: false, reason: 'connection refused' } as (typeof nodes)[number];
    const lost = { topology: { nodes: [dead, ...others] } };
    expect(say(lost)).toBe('nothing');
    const conditions = [
      ...[{ type: 'RedisSpread', status: 'True' as const, reason: 'Spread', message: 'Before.' }],
    ].map((each) => ({ ...each, lastTransitionTime: '2027-06-05T10:00:00Z' }));
    const cluster = presenceCluster({}, { status: { conditions } });
    expect(say({ ...lost, cluster })).toBe('True Spread: Before.');
  });
});

describe('a renewal waits', () => {
  const held = (because: string) =>
    new RegExp(
      `^False OneNodeHoldsMajority: ${BURDEN}wedsync-redis-0-1 .* scheduled on c, when this is over: ${because}\\.$`,
    );

  it('until Redis is steady and every pod ready, and decides then', () => {
    const unready = [...redisPods.slice(1), redisPod(0, 0, { status: {} })];
    expect(say({ redisPods: unready })).toMatch(
      /The operator acts when this is over: wedsync-redis-0-0 is not ready\.$/,
    );
    const waiting = (pass: ReconcilePlan) => ({
      decision: {
        ...pass.decision,
        plan: { ...pass.decision.plan, state: 'Waiting' as const, reason: 'why' },
      },
    });
    expect(say({}, waiting)).toContain('acts when this is over: Redis is not steady: why.');
  });

  it('for a freeze, and does not begin right before one', () => {
    const at = (time: string) => ({ now: new Date(`2027-06-05T${time}Z`), weddings: [wedding()] });
    expect(say(at('15:00:00'))).toMatch(/when this is over: a freeze is active until 2027-06-06T\S+\.$/);
    const { from } = passOf(at('11:00:00')).decision.publishedFreeze;
    if (from === undefined) throw new Error('no freeze');
    const ahead = (ms: number) => say({ ...at('11:00:00'), now: new Date(from.getTime() - ms) });
    expect(ahead(60_000)).toContain('when this is over: a freeze begins at ');
    expect(ahead(60_001)).toContain(RENEWED);
  });

  it('for a freeze that an override opens for other things', () => {
    const opened = (pass: ReconcilePlan) => ({
      decision: {
        ...pass.decision,
        publishedFreeze: { active: true, weddings: [] },
        effectiveFreeze: { active: false, weddings: [] },
      },
    });
    expect(say({}, opened)).toMatch(held('a freeze is active'));
  });

  it('for a rollout', () => {
    const rolling = held('a rollout is in progress');
    expect(say({}, () => ({ roll: { kind: 'wait', because: 'x' } }))).toMatch(rolling);
    const record = { revision: 'r', state: 'RollingOut' as const, since: NOON };
    const revisions = (pass: ReconcilePlan) => pass.desired.revisions.map((each) => ({ ...each, record }));
    expect(say({}, (pass) => ({ desired: { ...pass.desired, revisions: revisions(pass) } }))).toMatch(
      rolling,
    );
    const released = [{ manifest: {} as never, released: true }];
    expect(say({}, (pass) => ({ desired: { ...pass.desired, workloads: released } }))).toMatch(rolling);
  });

  it('for new passwords, and for a Secret that a new pod could not start with', () => {
    const problem = { reason: 'SecretMissing' as const, message: 'gone' };
    expect(say({ aclSecret: { problem } as Observed['aclSecret'] & object })).toMatch(
      held('condition CredentialsCurrent is SecretMissing'),
    );
  });

  it('after another one, and gives each shard one attempt', () => {
    const attempts = new RenewalAttempts();
    const at = (seconds: number) => new Date(NOON.getTime() + 1000 * seconds);
    const known = (seconds: number) => ({ renewals: attempts.known(at(seconds)) });
    const note = (shard: number) =>
      attempts.note({ pod: `wedsync-redis-${shard}-1`, shard, to: ['c'] }, NOON);
    note(0);
    expect(say(known(1))).toMatch(
      /wedsync-redis-1-1 .* scheduled on c, when this is over: a replica was renewed a moment ago/,
    );
    expect(say(known(121))).toContain('Recreating wedsync-redis-1-1 so that it is scheduled on c,');
    note(1);
    note(2);
    expect(say(known(121))).toContain('wedsync-redis-0-1 was recreated for c, but was not scheduled there');
    // Another node is another matter.
    expect(say({ ...known(121), schedulableNodes: () => ['a', 'b', 'c', 'd'] })).toContain(
      'scheduled on c or d',
    );
  });
});
