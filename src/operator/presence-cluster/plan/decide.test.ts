import { describe, expect, it } from 'vitest';
import { ModelRedisCluster } from '../../../../test/support/model-redis-cluster.ts';
import {
  NOON,
  observed,
  presenceCluster,
  wedding,
} from '../../../../test/support/presence-cluster-builder.ts';
import type { Wedding } from '../../../api/v1alpha1/kinds.ts';
import { planTopology } from '../../../domain/topology/plan.ts';
import { decide } from './decide.ts';

const { spec } = presenceCluster();
const at = (now: string, weddings: Wedding[] = [wedding()]) =>
  decide(observed({ now: new Date(now), weddings }), spec);

const WINDOW = { from: new Date('2027-06-05T07:30:00Z'), until: new Date('2027-06-06T04:00:00Z') };

describe('decide', () => {
  it.each([
    ['2027-06-05T07:29:59Z', false],
    ['2027-06-05T07:30:00Z', true],
    ['2027-06-06T03:59:59Z', true],
  ])('freezes at %s: %s', (now, active) => {
    const { publishedFreeze, windows } = at(now);
    expect(windows).toEqual([expect.objectContaining({ ...WINDOW, reason: '1 wedding' })]);
    expect(publishedFreeze).toMatchObject({ active, ...WINDOW });
  });

  it('has no window left once the freeze is over', () => {
    expect(at('2027-06-06T04:00:00Z')).toMatchObject({ windows: [], publishedFreeze: { active: false } });
  });

  it('writes windows ahead, and none for a wedding beyond the horizon', () => {
    expect(at('2027-03-08T00:00:00Z').windows).toHaveLength(1);
    expect(at('2027-03-06T00:00:00Z').windows).toHaveLength(0);
  });

  it('never shows the names of guests', () => {
    expect(JSON.stringify(decide(observed({ weddings: [wedding()] }), spec))).not.toContain('ada');
  });

  it('counts the crews of confirmed weddings that are on', () => {
    const weddings = [
      wedding(),
      wedding({ team: { planner: 3 } }, 'second'),
      wedding({ state: 'Planned' }, 'planned'),
      wedding({ ceremony: '18:00' }, 'later'),
      wedding({ timeZone: 'Mars/Olympus' }, 'nowhere'),
    ];
    const inputs = (now: string) => at(now, weddings).scaling.inputs;
    expect(inputs('2027-06-05T13:29:59Z')).toMatchObject({ activeWeddings: 0, teamMembers: 0 });
    expect(inputs('2027-06-05T13:30:00Z')).toMatchObject({ activeWeddings: 2, teamMembers: 13 });
    expect(inputs('2027-06-05T17:00:00Z')).toMatchObject({ activeWeddings: 3, teamMembers: 23 });
  });

  it('knows the number of presence pods that there is from the Deployment', () => {
    const scaleOut = presenceCluster({ scaling: { mode: 'ScaleOutOnly' } });
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wedsync-presence' },
      spec: { replicas: 40, template: {} },
    };
    const seen = observed({ cluster: scaleOut, children: [deployment] });
    expect(decide(seen, scaleOut.spec).scaling).toMatchObject({ write: 40, inputs: { current: 40 } });
    expect(decide(observed({ cluster: scaleOut }), scaleOut.spec).scaling.write).toBeLessThan(40);
  });

  it('plans Redis by the spec', () => {
    const { plan } = decide(observed({ now: NOON }), presenceCluster({ redis: { shards: 4 } }).spec);
    expect(plan.shards).toHaveLength(4);
  });

  it('moves no slots while a big key is in the way, and says when it is tried again', () => {
    const cluster = new ModelRedisCluster(3, 1);
    const settle = (shards: number) => {
      for (let round = 0; round < 20; round++) {
        const desired = { shards, replicasPerShard: 1, movesHeld: 'not yet' };
        for (const step of planTopology(cluster.observe(), desired).steps) cluster.apply(step);
        cluster.gossip();
      }
    };
    settle(3);
    cluster.addShards(3, 4, 1);
    settle(4);
    const four = presenceCluster({ redis: { shards: 4 } }).spec;
    const because = 'slot 5 has a big key; it is tried again at 2027-06-01T10:01:00Z';
    const now = new Date('2027-06-01T10:00:00Z');
    const seen = observed({ now, topology: cluster.observe() });
    expect(decide(seen, four).plan.state).toBe('Moving');
    const moveRefused = { because, until: new Date('2027-06-01T10:01:00Z') };
    const { plan } = decide({ ...seen, moveRefused }, four);
    expect({ state: plan.state, steps: plan.steps }).toEqual({ state: 'Held', steps: [] });
    expect(plan.reason).toContain(because);
  });
});
