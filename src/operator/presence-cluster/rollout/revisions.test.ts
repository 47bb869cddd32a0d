import { describe, expect, it } from 'vitest';
import {
  IMAGES,
  NOON,
  observed,
  pod,
  presenceCluster,
  redisPod,
} from '../../../../test/support/presence-cluster-builder.ts';
import { ANNOTATION, LABEL } from '../../../api/v1alpha1/names.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { acceptance } from '../../cluster-state/accepted-spec.ts';
import { childKey, type Observed, type Workload } from '../../cluster-state/observed.ts';
import { planReconcile, type ReconcilePlan } from '../plan/reconcile-plan.ts';
import { clusterStatus } from '../status/status.ts';

const LATE = { progressDeadlineSeconds: 300 };

/** A cluster whose objects and status are what the passes made of them; a kubelet and controllers that obey. */
class World {
  now = NOON;
  images = { redis: 'valkey:9', presence: 'presence:1' };
  freeze: object = {};
  shards = 3;
  status: Observed['cluster']['status'];
  children = new Map<string, Workload>();
  /** How the pods of the newest revision fare. */
  pods: 'ready' | 'late' | 'starting' = 'ready';

  pass(): ReconcilePlan {
    const cluster = presenceCluster(
      {
        redis: { image: this.images.redis, shards: this.shards, update: LATE },
        presence: { image: this.images.presence },
        freeze: this.freeze,
      },
      this.status ? { status: this.status } : {},
    );
    const pass = planReconcile(
      observed({
        cluster,
        now: this.now,
        children: [...this.children.values()],
        redisPods: this.#redisPods(),
        presencePods: [pod('wedsync-presence-x', 'presence', this.#newest())],
      }),
      acceptance(cluster),
      cluster.spec,
      IMAGES,
    );
    for (const { manifest } of pass.desired.workloads) {
      const live = manifest as unknown as KubeObject;
      this.children.set(childKey(manifest), {
        ...live,
        spec: { ...(live.spec as Workload['spec']), replicas: 2 },
        metadata: { ...live.metadata, generation: 1 },
        status: this.#statusOf(live),
      });
    }
    this.status = clusterStatus(pass);
    return pass;
  }

  image(workload: string): string | undefined {
    const template = this.children.get(workload)?.spec.template as {
      spec: { containers: { image: string }[] };
    };
    return template.spec.containers[0]?.image;
  }

  later(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  #newest() {
    if (this.pods === 'ready') return {};
    const lastTransitionTime = this.pods === 'late' ? '2027-01-01T00:00:00Z' : this.now.toISOString();
    return { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }] } };
  }

  #redisPods() {
    return Array.from({ length: this.shards }, (_, shard) => shard).flatMap((shard) =>
      [0, 1].map((ordinal) => {
        const labels = { 'controller-revision-hash': `rev-${shard}` };
        return redisPod(shard, ordinal, { labels, ...(shard + ordinal === 1 ? this.#newest() : {}) });
      }),
    );
  }

  #statusOf({ kind, metadata }: KubeObject): NonNullable<Workload['status']> {
    if (kind === 'StatefulSet')
      return {
        observedGeneration: 1,
        updateRevision: `rev-${metadata.labels?.['presence.wedsync.io/shard']}`,
      };
    const readyReplicas = this.pods === 'ready' ? 2 : 1;
    const condition = {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      lastTransitionTime: this.now.toISOString(),
    };
    return {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas,
      conditions: this.pods === 'late' ? [condition] : [],
    };
  }
}

const SHARDS = [0, 1, 2].map((shard) => `StatefulSet/wedsync-redis-${shard}`);
const NEW = ['StatefulSet/wedsync-redis-3', 'StatefulSet/wedsync-redis-4'] as const;
const FROZEN = {
  windows: [{ name: 'now', reason: 'a fair', from: '2027-06-05T00:00', until: '2027-06-05T15:00' }],
};
const DEPLOYMENT = 'Deployment/wedsync-presence';
const states = ({ status }: World) => status?.revisions?.map(({ state }) => state);
const reverted = ({ status }: World) => status?.conditions?.find(({ type }) => type === 'RolloutReverted');

function good(): World {
  const world = new World();
  for (let pass = 0; pass < 3; pass++) world.pass();
  expect(states(world)).toEqual(['Ready', 'Ready']);
  return world;
}

/** A revision that does not come up, from its release until its deadline. */
function broken(world: World, images: Partial<World['images']>, { passes = 2 } = {}): void {
  Object.assign(world.images, images);
  world.pods = 'starting';
  world.pass();
  world.pass();
  world.later(301);
  world.pods = 'late';
  // The first shows the controllers what is out, and the next hears of them.
  for (let pass = 0; pass < passes; pass++) world.pass();
}

describe('a revision that does not become ready', () => {
  it('of Redis is put back in every shard, and is told', () => {
    const world = good();
    broken(world, { redis: 'broken:9' });
    expect(SHARDS.map((shard) => world.image(shard))).toEqual(['valkey:9', 'valkey:9', 'valkey:9']);
    expect(states(world)?.[0]).toBe('Reverted');
    expect(reverted(world)).toMatchObject({ status: 'True', reason: 'DeadlineExceeded' });
    expect(reverted(world)?.message).toContain('pod wedsync-redis-0-1: not ready for 300 s');
  });

  it('of the presence pods is put back when the Deployment controller gives it up', () => {
    const world = good();
    broken(world, { presence: 'broken:1' });
    expect(world.image(DEPLOYMENT)).toBe('presence:1');
    expect(world.status?.revisions?.[1]).toMatchObject({ state: 'Reverted', pod: 'wedsync-presence-x' });
  });

  it('is not tried again, also by an operator that finds no status', () => {
    const world = good();
    broken(world, { redis: 'broken:9' });
    world.pods = 'ready';
    world.pass();
    world.status = undefined;
    world.pass();
    world.later(86_400);
    world.pass();
    expect(world.image(SHARDS[1] ?? '')).toBe('valkey:9');
    expect(reverted(world)?.message).toContain('wedsync-redis-0-1');
  });

  it('gives way to the next one that the spec asks for', () => {
    const world = good();
    broken(world, { redis: 'broken:9' });
    world.pods = 'ready';
    world.images.redis = 'fixed:9';
    for (let pass = 0; pass < 3; pass++) world.pass();
    expect(SHARDS.map((shard) => world.image(shard))).toEqual(['fixed:9', 'fixed:9', 'fixed:9']);
    expect(states(world)?.[0]).toBe('Ready');
    expect(reverted(world)?.status).toBe('False');
    const annotations = world.children.get(SHARDS[0] ?? '')?.metadata.annotations ?? {};
    expect(annotations).not.toHaveProperty([ANNOTATION.goodTemplate]);
    expect(annotations).not.toHaveProperty([ANNOTATION.revertedRevision]);
  });

  it('stays while a freeze is on, and is put back when it ends', () => {
    const world = good();
    Object.assign(world.images, { redis: 'broken:9' });
    world.pods = 'starting';
    world.pass();
    world.pass();
    world.freeze = FROZEN;
    world.later(301);
    world.pods = 'late';
    world.pass();
    expect(world.image(SHARDS[0] ?? '')).toBe('broken:9');
    expect(world.status?.held?.map(({ workload }) => workload)).toEqual(SHARDS);
    world.freeze = {};
    world.later(86_400);
    world.pass();
    expect(world.image(SHARDS[0] ?? '')).toBe('valkey:9');
  });

  describe.each([
    {
      when: 'before it is judged',
      grow: (world: World) => {
        Object.assign(world.images, { redis: 'broken:9' });
        world.pods = 'starting';
        world.pass();
        world.shards = 5;
        world.pass();
        expect(world.image(NEW[0])).toBe('broken:9');
        world.later(301);
        world.pods = 'late';
      },
    },
    {
      when: 'in the pass in which it is put back',
      grow: (world: World) => {
        broken(world, { redis: 'broken:9' }, { passes: 0 });
        world.shards = 5;
      },
    },
    {
      when: 'after it was put back',
      grow: (world: World) => {
        broken(world, { redis: 'broken:9' });
        world.shards = 5;
      },
    },
    {
      when: 'while a freeze holds up that it is put back',
      grow: (world: World) => {
        broken(world, { redis: 'broken:9' }, { passes: 0 });
        world.freeze = FROZEN;
        world.pass();
        expect(world.image(SHARDS[0] ?? '')).toBe('broken:9');
        world.shards = 5;
        world.pass();
        expect(NEW.map((shard) => world.image(shard))).toEqual(['valkey:9', 'valkey:9']);
        world.freeze = {};
        world.later(86_400);
      },
    },
  ])('of a shard that is added $when', ({ grow }) => {
    it('is the last good one, made for this shard, and in time that of all', () => {
      const world = good();
      grow(world);
      for (let pass = 0; pass < 4; pass++) world.pass();
      expect([...SHARDS, ...NEW].map((shard) => world.image(shard))).toEqual(Array(5).fill('valkey:9'));
      const template = JSON.stringify(world.children.get(NEW[1])?.spec.template);
      expect(template).not.toContain(`"${LABEL.shard}":"0"`);
      expect(template.match(/presence.wedsync.io\/shard":"4"/g)).toHaveLength(3);
      expect(states(world)?.[0]).toBe('Reverted');
      expect(reverted(world)?.status).toBe('True');
    });

    it('gets the next revision that the spec asks for, as all others', () => {
      const world = good();
      grow(world);
      for (let pass = 0; pass < 3; pass++) world.pass();
      world.images.redis = 'fixed:9';
      world.pods = 'ready';
      for (let pass = 0; pass < 3; pass++) world.pass();
      expect([...SHARDS, ...NEW].map((shard) => world.image(shard))).toEqual(Array(5).fill('fixed:9'));
      expect(states(world)?.[0]).toBe('Ready');
    });
  });

  it('does not come to a shard that is new in a freeze either, and to all when it ends', () => {
    const world = good();
    world.freeze = FROZEN;
    Object.assign(world, { shards: 4, images: { ...world.images, redis: 'next:9' } });
    world.pass();
    expect(world.image(NEW[0])).toBe('valkey:9');
    world.pass();
    expect(world.status?.held?.map(({ workload }) => workload)).toContain(NEW[0]);
    world.freeze = {};
    world.later(86_400);
    world.pass();
    expect([...SHARDS, NEW[0]].map((shard) => world.image(shard))).toEqual(Array(4).fill('next:9'));
  });

  it('does not come back with a StatefulSet that somebody deleted', () => {
    const world = good();
    broken(world, { redis: 'broken:9' });
    world.children.delete(SHARDS[0] ?? '');
    for (let pass = 0; pass < 3; pass++) world.pass();
    expect(SHARDS.map((shard) => world.image(shard))).toEqual(['valkey:9', 'valkey:9', 'valkey:9']);
    expect(states(world)?.[0]).toBe('Reverted');
  });

  it('is left alone when it was ready once', () => {
    const world = good();
    world.pods = 'late';
    world.later(1_000);
    world.pass();
    expect(states(world)).toEqual(['Ready', 'Ready']);
    expect(world.image(DEPLOYMENT)).toBe('presence:1');
  });
});
