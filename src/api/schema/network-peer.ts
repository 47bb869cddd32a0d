import * as z from 'zod';
import { withRules } from './cel-rule.ts';

const MAX_LABELS = 16;
const MAX_PEERS = 16;
const MAX_CIDR_LENGTH = 43;

const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const labelValue = z.string().max(63).regex(LABEL_VALUE);

/** An IPv4 range to the letter; of an IPv6 range the API server checks the rest when the NetworkPolicy is applied. */
const CIDR =
  /^(((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\/(3[0-2]|[12]?[0-9])|[0-9a-f:]*:[0-9a-f:]*\/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))$/;

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
