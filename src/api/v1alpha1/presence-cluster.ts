import * as z from 'zod';
import { timeZone } from '../schema/fields.ts';
import { networkPeers } from '../schema/network-peer.ts';
import { withoutNullMembers } from '../schema/null-members.ts';
import { commonMetadata } from '../workload/common-metadata.ts';
import { freeze } from './freeze.ts';
import { paused } from './lifecycle/paused.ts';
import { presence } from './presence.ts';
import { redis } from './redis.ts';
import { scaling } from './scaling.ts';
import { slo } from './slo/slo.ts';

/** Names of children get suffixes such as `-redis-89-0` and must stay labels (63 characters). */
export const MAX_CLUSTER_NAME_LENGTH = 40;

/** `spec.networkPolicy`: who may connect to the pods of a PresenceCluster. */
const networkPolicy = z.object({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'The operator makes NetworkPolicies for the Redis and presence pods. They hold where the network plugin of the cluster enforces them.',
    ),
  presenceClients: networkPeers.describe(
    'Who may connect to the presence pods at port 8080. Left out: every address.',
  ),
  monitoring: networkPeers.describe(
    'Who may read the metrics of the presence pods at port 9090, beside the operator and the presence pods. Left out: every pod of the Kubernetes cluster.',
  ),
  redisClients: networkPeers.describe(
    'Who may connect to the Redis pods at port 6379, beside the operator and the pods of this PresenceCluster. Left out: no others.',
  ),
});

export const presenceClusterSpec = z.preprocess(
  withoutNullMembers,
  z.object({
    timeZone: timeZone.describe('IANA time zone of seasons and peaks, for example Europe/London.'),
    redis: redis.prefault({}).describe('The Redis Cluster behind the presence pods.'),
    presence: presence.prefault({}).describe('The presence (WebSocket) pods.'),
    scaling: scaling.prefault({}).describe('How many presence pods there are, and when.'),
    freeze: freeze.prefault({}).describe('When running pods must not be changed.'),
    slo: slo.prefault({}).describe('What is promised to the clients; status.slo shows how it is kept.'),
    networkPolicy: networkPolicy.prefault({}).describe('Who may connect to the pods.'),
    commonMetadata: commonMetadata
      .optional()
      .describe(
        'Labels and annotations of every object that the operator makes for it, and of the pods. Claims have redis.storage.metadata.',
      ),
    paused: paused
      .optional()
      .describe(
        'true, or an object with until (an instant), scope (All, Rollouts, Scaling) and healing (true or false): the operator leaves the PresenceCluster as it is. A pause never weakens a freeze.',
      ),
  }),
);

export type PresenceClusterSpec = z.output<typeof presenceClusterSpec>;
