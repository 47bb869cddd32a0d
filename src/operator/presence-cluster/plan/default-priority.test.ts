import { describe, expect, it } from 'vitest';
import { IMAGES, observed, presenceCluster } from '../../../../test/support/presence-cluster-builder.ts';
import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { childKey } from '../../cluster-state/observed.ts';
import { build } from './build.ts';
import { decide } from './decide.ts';

const CLASS = 'presence-system-presence-operator-pods';

/** All workloads of a PresenceCluster as an operator with or without a class makes them. */
function workloads(
  spec: Parameters<typeof presenceCluster>[0] = {},
  { priorityClass, live = [], freeze }: { priorityClass?: string; live?: Manifest[]; freeze?: true } = {},
): Manifest[] {
  const window = { name: 'now', from: '2027-06-05T00:00:00Z', until: '2027-06-06T00:00:00Z', reason: 'x' };
  const cluster = presenceCluster({ ...spec, ...(freeze ? { freeze: { windows: [window] } } : {}) });
  const children = live as unknown as KubeObject[];
  const seen = observed({ cluster, children });
  const images = { ...IMAGES, ...(priorityClass === undefined ? {} : { priorityClass }) };
  return build(seen, cluster.spec, decide(seen, cluster.spec), images).workloads.map(
    ({ manifest }) => manifest,
  );
}

const classOf = ({ spec }: Manifest) =>
  (spec as { template: { spec: { priorityClassName?: string } } }).template.spec.priorityClassName;
const classes = (list: Manifest[]) => [...new Set(list.map(classOf))];
const ofKind = (list: Manifest[], kind: string) => list.filter((each) => each.kind === kind);

describe('the priority class of the operator', () => {
  it('is that of new pods, unless the spec names another, or the operator has none', () => {
    expect(classes(workloads({}, { priorityClass: CLASS }))).toEqual([CLASS]);
    expect(classes(workloads())).toEqual([undefined]);
    const own = { pods: { scheduling: { priorityClassName: 'own' } } };
    const made = workloads({ redis: own }, { priorityClass: CLASS });
    expect(classes(ofKind(made, 'StatefulSet'))).toEqual(['own']);
    expect(classes(ofKind(made, 'Deployment'))).toEqual([CLASS]);
  });

  it('rolls no pods when the operator is upgraded', () => {
    const live = workloads();
    const after = workloads({}, { priorityClass: CLASS, live });
    expect(after.map((each) => each.metadata.annotations?.[ANNOTATION.templateHash])).toEqual(
      live.map((each) => each.metadata.annotations?.[ANNOTATION.templateHash]),
    );
    expect(classes(after)).toEqual([undefined]);
  });

  it('comes with the next change of the template, for all pods of the component', () => {
    const live = workloads();
    const after = workloads({ redis: { image: 'own/valkey:9' } }, { priorityClass: CLASS, live });
    expect(classes(ofKind(after, 'StatefulSet'))).toEqual([CLASS]);
    expect(classes(ofKind(after, 'Deployment'))).toEqual([undefined]);
  });

  it('stays when the change is taken back', () => {
    const before = workloads({}, { priorityClass: CLASS });
    expect(classes(workloads({}, { priorityClass: CLASS, live: before }))).toEqual([CLASS]);
  });

  it('is held in a freeze like the change that it comes with', () => {
    const live = workloads();
    const change = { presence: { image: 'own/presence:2' } };
    const after = workloads(change, { priorityClass: CLASS, live, freeze: true });
    const deployment = ofKind(after, 'Deployment')[0] as Manifest;
    expect(classOf(deployment)).toBeUndefined();
    expect(JSON.stringify(deployment.spec)).not.toContain('own/presence:2');
  });

  it('is that of a shard that is added only when its siblings have it', () => {
    const live = workloads();
    const more = workloads({ redis: { shards: 4 } }, { priorityClass: CLASS, live });
    expect(more.map(childKey)).toContain('StatefulSet/wedsync-redis-3');
    expect(classes(ofKind(more, 'StatefulSet'))).toEqual([undefined]);
  });
});
