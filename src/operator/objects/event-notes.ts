/**
 * Notes of the events that the operator writes itself, in one place; test/golden/messages.txt shows each. Other events pass on what
 * the domain, the API server or Redis says.
 */
export const EVENT_NOTES = {
  scaled: (from: number, to: number | undefined, because: string) =>
    `presence pods ${from} → ${to}: ${because}`,
  released: (workloads: readonly string[]) => `Applied a new pod template to ${workloads.join(', ')}`,
  reverted: (component: string, because: string, revision: string) =>
    `The ${component} pods were reverted to the last good revision: ${because}. Revision ${revision} is not tried again until the spec changes.`,
  dataLost: (slots: number, because: string) => `${slots} slots: ${because}`,
  redisSteps: (reason: string, count: number) => `${reason} (${count} ${count === 1 ? 'step' : 'steps'})`,
  failover: (shard: number, to: string, because: string) =>
    `Failing over shard ${shard} to ${to}: ${because}`,
  failoverDone: (shard: number, to: string, milliseconds: number) =>
    `${to} is the primary of shard ${shard}, ${milliseconds} ms after the first sign of failure`,
  takesOver: (pod: string, because: string) => `${pod} takes over: ${because}`,
  podForced: (pod: string, node: string | undefined) =>
    `Deleted ${pod} by force: it cannot terminate on the lost node ${node}`,
  replicaRenewed: (
    { pod, shard, to }: { pod: string; shard: number; to: readonly string[] },
    { node, primaries, shards }: { node: string; primaries: number; shards: number },
  ) =>
    `Evicted ${pod}, a replica of shard ${shard}, so that it is scheduled on ${to.join(' or ')}: node ${node} holds ${primaries} of ${shards} primaries`,
  claimGrows: (claim: string, from: string, to: string) => `${claim} grows from ${from} to ${to}`,
  claimReplaced: (claim: string) =>
    `Deleted ${claim}, which had no volume yet, so that it is made as the spec says`,
  claimTemplateReplaced: (statefulSet: string) =>
    `${statefulSet} was recreated with the claim template of the spec; its pods run on`,
  configured: (settings: readonly string[]) => `Set on running servers: ${settings.join(', ')}`,
  configuringFailed: (pod: string, error: string) => `Configuring ${pod} failed: ${error}`,
  passwordsFailed: (pod: string, error: string | undefined) =>
    `Changing the passwords of ${pod} failed: ${error}`,
  reloadFailed: (pod: string, error: string) => `${pod} failed to reload its certificate: ${error}`,
  certificateServed: (pods: readonly string[]) => `Servers with the new certificate: ${pods.join(', ')}`,
  policyRestored: (policy: string, change: string) => `${policy} restored as installed: ${change}`,
} as const;
