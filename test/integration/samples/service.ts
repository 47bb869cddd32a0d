import type { Fields } from './affinity.ts';
import { annotationFields, ownLabelFields } from './pods.ts';
import { oneOf, whole } from './values.ts';

export const SERVICE = {
  type: 'LoadBalancer',
  nodePort: 30080,
  labels: { 6: 'test' },
  annotations: { 6: 'test' },
  loadBalancerClass: 'example.com/lb',
  loadBalancerSourceRanges: ['10.0.0.0/8'],
  externalTrafficPolicy: 'Local',
  ipFamilyPolicy: 'PreferDualStack',
  ipFamilies: ['IPv4', 'IPv6'],
  internalTrafficPolicy: 'Cluster',
};

export const REDIS_SERVICE = { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv4', 'IPv6'] };

const familyFields = (path: string): Fields => ({
  [`${path}.ipFamilyPolicy`]: {
    good: ['PreferDualStack', 'RequireDualStack'],
    bad: ['SingleStack', 'preferDualStack', '', 'DualStack'],
  },
  [`${path}.ipFamilies`]: {
    good: [['IPv4'], ['IPv6'], ['IPv6', 'IPv4']],
    bad: [[], [null], ['IPv4', 'IPv4'], ['IPv4', 'IPv6', 'IPv4']],
  },
  [`${path}.ipFamilies[]`]: { good: ['IPv4'], bad: ['ipv4', '', 'IPv5'] },
});

export const REDIS_SERVICE_FIELDS: Fields = {
  'redis.service': { good: [{}, { ipFamilies: ['IPv6'] }], bad: [{ ipFamilies: ['IPv4', 'IPv6'] }] },
  ...familyFields('redis.service'),
};

export const SERVICE_FIELDS: Fields = {
  'presence.service': {
    good: [{}, { type: 'ClusterIP' }, { type: 'NodePort', nodePort: 30081, externalTrafficPolicy: 'Local' }],
    bad: [
      ...[{ nodePort: 30081 }, { type: 'ClusterIP', nodePort: 30081 }, { externalTrafficPolicy: 'Local' }],
      ...[{ type: 'NodePort', loadBalancerClass: 'a' }, { loadBalancerSourceRanges: ['10.0.0.0/8'] }],
    ],
  },
  'presence.service.type': { good: ['LoadBalancer'], bad: ['NodePort', 'ClusterIP', 'nodePort', ''] },
  'presence.service.nodePort': whole(1, 65535),
  ...ownLabelFields('presence.service.labels'),
  ...annotationFields('presence.service.annotations'),
  'presence.service.loadBalancerClass': {
    good: ['a', 'service.k8s.aws/nlb', 'example.com/A_b.c'],
    bad: ['', 'A', '/a', 'a/', 'a b', 'a\n', 'x'.repeat(318)],
  },
  'presence.service.loadBalancerSourceRanges': {
    good: [['10.0.0.0/8', 'fd00::/8'], Array.from({ length: 64 }, () => '10.0.0.0/8')],
    bad: [[], [null], Array.from({ length: 65 }, () => '10.0.0.0/8')],
  },
  'presence.service.loadBalancerSourceRanges[]': {
    good: ['0.0.0.0/0', '2001:db8::/32'],
    bad: ['', '10.0.0.0', '10.0.0.0/', 'x/8', '10.0.0.0/8\n', ' 10.0.0.0/8'],
  },
  'presence.service.externalTrafficPolicy': oneOf('Cluster', 'Local'),
  ...familyFields('presence.service'),
  'presence.service.internalTrafficPolicy': oneOf('Cluster', 'Local'),
};
