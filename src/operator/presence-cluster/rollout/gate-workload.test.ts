import { describe, expect, it } from 'vitest';
import { NOON, observed, presenceCluster } from '../../../../test/support/presence-cluster-builder.ts';
import { ANNOTATION } from '../../../api/v1alpha1/names.ts';
import type { Manifest } from '../../../domain/resources/manifest.ts';
import { presenceDeployment } from '../../../domain/resources/presence-workload.ts';
import type { KubeObject } from '../../../platform/kube/resource.ts';
import { gateWorkload } from './gate-workload.ts';

const open = { active: false, weddings: [] };
const frozen = { active: true, until: new Date('2027-06-06T04:00:00Z'), weddings: ['a'] };
const WORKLOAD = 'Deployment/wedsync-presence';

function deployment(image: string, drainSeconds = 20): Manifest {
  const cluster = presenceCluster({ presence: { drainSeconds } });
  return presenceDeployment(cluster, cluster.spec, { image, pullSecrets: [] });
}

/** The Deployment as it lives after the template with this image was released. */
function live(image: string, annotations: Record<string, string | undefined> = {}): KubeObject {
  const released = gateWorkload(deployment(image), observed(), open).manifest as unknown as KubeObject;
  const kept = Object.entries({ ...released.metadata.annotations, ...annotations }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...released, metadata: { ...released.metadata, annotations: Object.fromEntries(kept) } };
}

const imageOf = (manifest: Manifest) =>
  (manifest.spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]
    ?.image;

describe('gateWorkload', () => {
  it('makes what is not there yet, also in a freeze', () => {
    const { manifest, held, released } = gateWorkload(deployment('new'), observed(), frozen);
    expect({ image: imageOf(manifest), held, released }).toEqual({ image: 'new', released: false });
    const { [ANNOTATION.releasedTemplate]: text = '', [ANNOTATION.templateHash]: hash } =
      manifest.metadata.annotations ?? {};
    expect(JSON.parse(text)).toEqual((deployment('new').spec as { template: unknown }).template);
    expect(hash).toMatch(/^[0-9a-f]{10}$/);
  });

  it('has nothing to hold when the template is the released one', () => {
    const gated = gateWorkload(deployment('old'), observed({ children: [live('old')] }), frozen);
    expect(gated).toEqual({ manifest: live('old'), released: false });
  });

  it('keeps the released template in a freeze, with everything else as wanted', () => {
    const wanted = deployment('new', 60);
    wanted.metadata.labels.added = 'yes';
    const gated = gateWorkload(wanted, observed({ children: [live('old')] }), frozen);
    expect(gated.released).toBe(false);
    expect(gated.held).toEqual({
      workload: WORKLOAD,
      since: NOON,
      until: frozen.until,
      fields: [
        'spec.containers[name=presence].env[name=PRESENCE_DRAIN_SECONDS].value',
        'spec.containers[name=presence].image',
        'spec.terminationGracePeriodSeconds',
      ],
    });
    expect(gated.manifest.spec).toEqual(live('old').spec);
    expect(gated.manifest.metadata.labels.added).toBe('yes');
    expect(gated.manifest.metadata.annotations).toEqual(live('old').metadata.annotations);
  });

  it('remembers since when a change waits', () => {
    const held = [{ workload: WORKLOAD, since: '2027-06-05T08:00:00Z', fields: [] }];
    const cluster = presenceCluster({}, { status: { held } });
    const gated = gateWorkload(deployment('new'), observed({ cluster, children: [live('old')] }), frozen);
    expect(gated.held?.since).toEqual(new Date('2027-06-05T08:00:00Z'));
  });

  it('lets the change out when the freeze is over', () => {
    const gated = gateWorkload(deployment('new'), observed({ children: [live('old')] }), open);
    expect({ image: imageOf(gated.manifest), ...gated }).toMatchObject({ image: 'new', released: true });
    expect(gated.held).toBeUndefined();
  });

  it.each([
    ['is gone', undefined],
    ['is no JSON', '{'],
    ['is no object', 'null'],
  ])('holds by what runs when the annotation %s', (_, text) => {
    const children = [live('old', { [ANNOTATION.releasedTemplate]: text })];
    const gated = gateWorkload(deployment('new'), observed({ children }), frozen);
    expect(imageOf(gated.manifest)).toBe('old');
    expect(gated.held?.fields).toEqual(['spec.containers[name=presence].image']);
  });

  it('takes a workload whose annotation is gone for released by its hash, whatever the API server added', () => {
    const found = live('old', { [ANNOTATION.releasedTemplate]: undefined });
    const { template } = structuredClone(found.spec) as { template: { spec: object } };
    Object.assign(template.spec, { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
    const children = [{ ...found, spec: { ...(found.spec as object), template } }];
    for (const freeze of [open, frozen]) {
      const gated = gateWorkload(deployment('old'), observed({ children }), freeze);
      expect(gated).toEqual({ manifest: live('old'), released: false });
    }
  });

  it('goes by what runs alone when the hash is gone as well', () => {
    const annotations = { [ANNOTATION.releasedTemplate]: undefined, [ANNOTATION.templateHash]: undefined };
    const children = [live('old', annotations)];
    expect(gateWorkload(deployment('new'), observed({ children }), frozen).held).toBeDefined();
    expect(gateWorkload(deployment('old'), observed({ children }), frozen).held).toBeUndefined();
  });

  it('keeps the pods of a StatefulSet that should have fewer in a freeze, and lets it grow', () => {
    const statefulSet = (replicas: number) =>
      ({
        ...deployment('same'),
        kind: 'StatefulSet',
        spec: { ...(deployment('same').spec as object), replicas },
      }) as unknown as Manifest;
    const live3 = gateWorkload(statefulSet(3), observed(), open).manifest as unknown as KubeObject;
    const world = observed({ children: [live3] });
    const replicasOf = ({ manifest }: { manifest: Manifest }) =>
      (manifest.spec as { replicas: number }).replicas;
    const fewer = gateWorkload(statefulSet(2), world, frozen);
    expect(replicasOf(fewer)).toBe(3);
    expect(fewer.held?.fields).toEqual(['replicas']);
    expect(replicasOf(gateWorkload(statefulSet(4), world, frozen))).toBe(4);
    expect(replicasOf(gateWorkload(statefulSet(2), world, open))).toBe(2);
  });
});
