import type { PresenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import type { FurtherContainer } from '../../api/workload/containers.ts';
import type { Pods } from '../../api/workload/pods.ts';
import type { Scheduling } from '../../api/workload/scheduling.ts';
import { containerResources } from './container-resources.ts';
import { restrictedContainer } from './pod-security.ts';

/** A pod template as the workloads build it. */
export interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: PodSpec;
}

interface PodSpec extends Record<string, unknown> {
  securityContext: object;
  terminationGracePeriodSeconds: number;
  containers: Container[];
  volumes: object[];
  affinity?: Affinity;
  tolerations?: object[];
  topologySpreadConstraints?: object[];
  imagePullSecrets?: { name: string }[];
}

/** An environment variable of a container. */
export interface EnvVar {
  name: string;
  value?: string | undefined;
  valueFrom?: object | undefined;
}

interface Container extends Record<string, unknown> {
  env: EnvVar[];
}

interface Affinity {
  nodeAffinity?: object | undefined;
  podAffinity?: object | undefined;
  podAntiAffinity?: Terms | undefined;
}

interface Terms {
  requiredDuringSchedulingIgnoredDuringExecution?: readonly object[] | undefined;
  preferredDuringSchedulingIgnoredDuringExecution?: readonly object[] | undefined;
}

/**
 * The template with what `spec.*.pods` and `spec.commonMetadata` ask for. Labels, variables, pull secrets, tolerations, spread and anti-affinity are added to
 * ours, which stay: pods are found by these labels, and two pods of a shard must not share a node. Without settings nothing changes, so
 * that an upgrade of the operator rolls no pods.
 *
 * @param wanted `pods` of the component, whose labels and annotations win over those of `commonMetadata`
 * @param peers labels of the pods of the component, which spread constraints without a selector count
 */
export function withPodSettings(
  template: PodTemplate,
  wanted: Pick<PresenceClusterSpec, 'redis' | 'presence' | 'commonMetadata'>,
  component: 'redis' | 'presence',
  peers: Record<string, string>,
): PodTemplate {
  const { pods } = wanted[component];
  const { commonMetadata: common } = wanted;
  if (pods === undefined && common === undefined) return template;
  const { metadata, spec } = template;
  const annotations = { ...common?.annotations, ...pods?.metadata?.annotations };
  return {
    metadata: {
      labels: { ...common?.labels, ...pods?.metadata?.labels, ...metadata.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: pods === undefined ? spec : withSettings(spec, pods, peers),
  };
}

function withSettings(spec: PodSpec, pods: Pods, peers: Record<string, string>): PodSpec {
  const { runtimeClassName, dnsPolicy, dnsConfig, hostAliases = [] } = pods;
  return {
    ...spec,
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(dnsPolicy === undefined ? {} : { dnsPolicy }),
    ...(dnsConfig === undefined ? {} : { dnsConfig }),
    ...(hostAliases.length === 0 ? {} : { hostAliases }),
    ...scheduled(spec, pods.scheduling ?? {}, peers),
    ...pullSecrets(spec, pods),
    securityContext: { ...spec.securityContext, ...pods.securityContext },
    terminationGracePeriodSeconds: pods.terminationGracePeriodSeconds ?? spec.terminationGracePeriodSeconds,
    ...furtherContainers(spec, pods),
  };
}

function scheduled(spec: PodSpec, wanted: Scheduling, peers: Record<string, string>): object {
  const { nodeSelector, affinity, tolerations = [], topologySpreadConstraints = [], ...names } = wanted;
  const spread = topologySpreadConstraints.map((constraint) => ({
    ...constraint,
    labelSelector: constraint.labelSelector ?? { matchLabels: peers },
  }));
  return {
    ...names,
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(affinity === undefined ? {} : { affinity: mergedAffinity(spec.affinity, affinity) }),
    ...(tolerations.length === 0 ? {} : { tolerations: [...(spec.tolerations ?? []), ...tolerations] }),
    ...(spread.length === 0
      ? {}
      : { topologySpreadConstraints: [...(spec.topologySpreadConstraints ?? []), ...spread] }),
  };
}

function mergedAffinity(ours: Affinity = {}, { podAntiAffinity, ...given }: Affinity): Affinity {
  if (podAntiAffinity === undefined) return { ...ours, ...given };
  return { ...ours, ...given, podAntiAffinity: bothTerms(ours.podAntiAffinity, podAntiAffinity) };
}

function bothTerms(ours: Terms = {}, given: Terms): Terms {
  const required = both(
    ours.requiredDuringSchedulingIgnoredDuringExecution,
    given.requiredDuringSchedulingIgnoredDuringExecution,
  );
  const preferred = both(
    ours.preferredDuringSchedulingIgnoredDuringExecution,
    given.preferredDuringSchedulingIgnoredDuringExecution,
  );
  return {
    ...(required.length === 0 ? {} : { requiredDuringSchedulingIgnoredDuringExecution: required }),
    ...(preferred.length === 0 ? {} : { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  };
}

function both(ours: readonly object[] = [], given: readonly object[] = []): readonly object[] {
  return [...ours, ...given];
}

function pullSecrets(
  { imagePullSecrets: ours = [] }: PodSpec,
  { imagePullSecrets: given = [] }: Pods,
): object {
  if (given.length === 0) return {};
  const names = new Set([...ours, ...given].map(({ name }) => name));
  return { imagePullSecrets: [...names].map((name) => ({ name })) };
}

/** Ours first: tools that look at one container of a pod look at the first. */
function furtherContainers(spec: PodSpec, pods: Pods): object {
  const { containers = [], initContainers = [], volumes = [] } = pods;
  const ours = spec.containers.map((container) => withContainerSettings(container, pods));
  return {
    containers: [...ours, ...containers.map(restricted)],
    ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(restricted) }),
    volumes: [...spec.volumes, ...volumes.map(asVolume)],
  };
}

/** What the restricted Pod Security Standard asks of every container, so that users need not repeat it. */
function restricted({ env, resources, securityContext, ...rest }: FurtherContainer): object {
  return {
    ...rest,
    ...(env === undefined ? {} : { env: env.map(asStored) }),
    ...(resources === undefined ? {} : { resources: containerResources(resources) }),
    securityContext: { ...restrictedContainer, ...securityContext },
  };
}

function asVolume({ emptyDir, ...rest }: NonNullable<Pods['volumes']>[number]): object {
  if (emptyDir === undefined) return rest;
  const { sizeLimit } = emptyDir;
  return { ...rest, emptyDir: sizeLimit === undefined ? {} : { sizeLimit: String(sizeLimit) } };
}

function withContainerSettings(container: Container, pods: Pods): Container {
  const { env = [], envFrom = [], imagePullPolicy, probes = {} } = pods;
  const timings = Object.entries(probes).map(([name, timing]) => [
    `${name}Probe`,
    { ...(container[`${name}Probe`] as object), ...timing },
  ]);
  return {
    ...container,
    env: [...container.env, ...env.map(asStored)],
    ...(envFrom.length === 0 ? {} : { envFrom }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...Object.fromEntries(timings),
  };
}

/** A divisor may be a number; the API server keeps it as text. */
function asStored(variable: NonNullable<Pods['env']>[number]): EnvVar {
  const { resourceFieldRef: ref } = variable.valueFrom ?? {};
  if (ref?.divisor === undefined) return variable;
  return { name: variable.name, valueFrom: { resourceFieldRef: { ...ref, divisor: String(ref.divisor) } } };
}
