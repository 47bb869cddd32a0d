import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { LABEL } from '../../api/v1alpha1/names.ts';
import { networkPolicies } from './network-policies.ts';

const OPERATOR = { namespace: 'presence-system', labels: { 'app.kubernetes.io/name': 'presence-operator' } };
const operator = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'presence-system' } },
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'presence-operator' } },
};
const pods = (component: string) => ({
  podSelector: { matchLabels: { [LABEL.cluster]: 'wedsync', [LABEL.component]: component } },
});

interface Rule {
  ports: { protocol: string; port: number }[];
  from?: unknown[];
}

/** Who may connect to each port of the component; undefined: every address. */
function doors(component: 'redis' | 'presence', spec: Parameters<typeof presenceCluster>[0] = {}) {
  const cluster = presenceCluster(spec);
  const found = networkPolicies(cluster, cluster.spec, OPERATOR).find(
    ({ metadata }) => metadata.name === `wedsync-${component}`,
  );
  if (found === undefined) throw new Error(`no policy for ${component}`);
  const rules = (found.spec as { ingress: Rule[] }).ingress;
  return Object.fromEntries(rules.map(({ ports, from }) => [ports[0]?.port, from]));
}

describe('the network policies of a PresenceCluster', () => {
  it('let into Redis its own pods, the presence pods and the operator, and onto the bus Redis alone', () => {
    expect(doors('redis')).toEqual({
      6379: [pods('presence'), pods('redis'), operator],
      16379: [pods('redis')],
    });
  });

  it('let every address be a client of presence, and every pod read its metrics', () => {
    expect(doors('presence')).toEqual({
      8080: undefined,
      9090: [pods('presence'), operator, { namespaceSelector: {} }],
    });
  });

  it('let in the peers that the spec names; the bus stays for Redis alone', () => {
    const ingress = { namespaceSelector: { matchLabels: { name: 'ingress' } } };
    const balancer = { cidr: '10.0.0.0/8' };
    const prometheus = { ...ingress, podSelector: { matchLabels: { app: 'prometheus' } } };
    const exporter = { podSelector: { matchLabels: { app: 'exporter' } } };
    const networkPolicy = {
      presenceClients: [ingress, balancer],
      monitoring: [prometheus],
      redisClients: [exporter],
    };
    expect(doors('presence', { networkPolicy })).toEqual({
      8080: [ingress, { ipBlock: balancer }],
      9090: [pods('presence'), operator, prometheus],
    });
    expect(doors('redis', { networkPolicy })).toEqual({
      6379: [pods('presence'), pods('redis'), operator, exporter],
      16379: [pods('redis')],
    });
  });

  it('select the pods of their component, say nothing of what goes out, and belong to the PresenceCluster', () => {
    const cluster = presenceCluster();
    const made = networkPolicies(cluster, cluster.spec, OPERATOR);
    expect(made.map(({ metadata, spec }) => [metadata.name, spec])).toEqual(
      ['redis', 'presence'].map((component) => [
        `wedsync-${component}`,
        { ...pods(component), policyTypes: ['Ingress'], ingress: expect.any(Array) },
      ]),
    );
    for (const { metadata } of made) expect(metadata.ownerReferences[0]?.uid).toBe('uid-wedsync');
  });

  it('are not made when they are switched off, or when the operator would lock itself out', () => {
    const off = presenceCluster({ networkPolicy: { enabled: false } });
    expect(networkPolicies(off, off.spec, OPERATOR)).toEqual([]);
    const cluster = presenceCluster();
    expect(networkPolicies(cluster, cluster.spec, undefined)).toEqual([]);
  });
});
