/** Everything the local cluster is made of, in one place: a change here makes new cache entries. */
export const versions = {
  kubernetes: '1.35.4',
  kind: '0.33.0',
  krew: '0.4.3',
  actionlint: '1.7.12',
  zizmor: '1.32.0',
  nodeSuite: 'bookworm',
  valkeySuite: 'forky',
} as const;

/** The newest patch release of each further minor that the chart allows: `make test-kubernetes` runs on all of them. */
export const otherKubernetes = [
  '1.30.14',
  '1.31.14',
  '1.32.13',
  '1.33.13',
  '1.34.4',
  '1.36.3',
  '1.37.2',
] as const;

/** Images that are pulled where a registry answers; the node image belongs to the kind release above, Valkey and Redis are those of the chart. */
export const upstreamImages = {
  node: 'kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0',
  valkey: 'valkey/valkey:9.1',
  redis: 'redis:7.2',
  /** A few kilobytes: the cheapest question whether the engine can pull at all. */
  probe: 'hello-world:latest',
} as const;

/** The names under which the cluster's nodes know our images, however they were made. */
export const imageNames = {
  operator: 'presence-operator:dev',
  valkey: 'presence-operator-valkey:9.1',
  redis: 'presence-operator-redis:7',
} as const;
