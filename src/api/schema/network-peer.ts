import * as z from 'zod';
import { withRules } from './cel-rule.ts';
import { CIDR, MAX_CIDR_LENGTH } from './cidr.ts';

const MAX_LABELS = 16;
const MAX_PEERS = 16;

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const labelValue = z.string().max(63).regex(LABEL_VALUE);

const selector = z.object({
  matchLabels: z
    .record(z.string(), labelValue)
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `at most ${MAX_LABELS} labels`)
    .optional()
    .meta({ maxProperties: MAX_LABELS })
    .describe('Labels that must all be there. Left out: every one.'),
});

const peer = withRules(
  z.object({
    namespaceSelector: selector
      .optional()
      .describe('Namespaces, by their labels. Left out: the namespace of the PresenceCluster.'),
    podSelector: selector
      .optional()
      .describe('Pods in these namespaces, by their labels. Left out: all of them.'),
    cidr: z
      .string()
      .max(MAX_CIDR_LENGTH)
      .regex(CIDR)
      .optional()
      .describe('Range of addresses, for peers that are no pods, for example 10.0.0.0/8.'),
  }),
  [
    {
      cel: 'has(self.cidr) != (has(self.namespaceSelector) || has(self.podSelector))',
      message: 'a peer needs cidr alone, or namespaceSelector, podSelector or both',
      check: ({ cidr, namespaceSelector, podSelector }) =>
        (cidr !== undefined) !== (namespaceSelector !== undefined || podSelector !== undefined),
    },
  ],
);

/**
 * As in a NetworkPolicy, where `cidr` is that of an `ipBlock`.
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export type NetworkPeer = z.output<typeof peer>;

// An empty list would allow every peer in a NetworkPolicy, and looks as if it allowed none.
export const networkPeers = z
  .array(peer)
  .min(1)
  .max(MAX_PEERS)
  .optional()
  .meta({ 'x-kubernetes-list-type': 'atomic' });
