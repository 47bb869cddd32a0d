import type { ContainerEnd, ContainerStatus, Pod } from './pod.ts';

/** What keeps a pod from serving, most telling first: of several pods, the one that comes first here is named. */
export const CAUSE_REASONS = [
  'PodsRefused',
  'OutOfMemory',
  'Evicted',
  'PodFailed',
  'ImagePullFailed',
  'InitContainerFailing',
  'SidecarFailing',
  'ContainerFailing',
  'VolumeMissing',
  'SchedulingGated',
  'Unschedulable',
  'NodeLost',
  'HeldByFinalizer',
] as const;

export type CauseReason = (typeof CAUSE_REASONS)[number];

export interface Cause {
  readonly reason: CauseReason;
  /** Names the pod, or the workload whose pods are refused. */
  readonly message: string;
}

/** A Warning event of Kubernetes about one object. */
export interface ObjectWarning {
  readonly reason: string;
  readonly message: string;
}

/** What the causes of pods are found from, beside the pods. */
export interface CauseContext {
  readonly now: Date;
  /** The newest Warning of `Kind/name`, where it was read. */
  readonly warnings?: ReadonlyMap<string, ObjectWarning>;
}

/** Added to the grace period of a pod before something is taken to hold it. */
const OVERDUE_MS = 10_000;
/** The kubelet's messages can hold a whole stack. */
const MAX_MESSAGE_LENGTH = 300;

/** https://kubernetes.io/docs/concepts/containers/images/, and pkg/kubelet/images/types.go */
const IMAGE_REASONS: ReadonlySet<string> = new Set([
  ...['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'],
  ...['ImageInspectError', 'RegistryUnavailable', 'SignatureValidationFailed'],
]);
const CONFIG_REASONS: ReadonlySet<string> = new Set([
  ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'PostStartHookError'],
]);
/** The scheduler and the kubelet say in these words that a volume is in the way. */
const VOLUME_WORDS = /persistentvolumeclaim|volume node affinity conflict|node\(s\) exceed max volume count/i;
const VOLUME_EVENTS: ReadonlySet<string> = new Set([
  ...['FailedMount', 'FailedAttachVolume', 'FailedMapVolume', 'FailedBinding', 'ProvisioningFailed'],
]);

/** Why a pod does not serve, in the words of Kubernetes: the cause rather than the symptom. Undefined while nothing is wrong. */
export function podCause(pod: Pod, context: CauseContext): Cause | undefined {
  if (pod.metadata.deletionTimestamp !== undefined) return deletionCause(pod, context);
  return endCause(pod) ?? schedulingCause(pod) ?? containersCause(pod) ?? waitingCause(pod, context);
}

function deletionCause(pod: Pod, { now }: CauseContext): Cause | undefined {
  const { deletionTimestamp, finalizers = [] } = pod.metadata;
  if (deletionTimestamp === undefined) return undefined;
  if (now.getTime() < Date.parse(deletionTimestamp) + OVERDUE_MS) return undefined;
  if (finalizers.length > 0) {
    return cause('HeldByFinalizer', pod, `deleted, and held by the finalizer ${finalizers.join(', ')}`);
  }
  return cause('NodeLost', pod, `deleted, and its node ${pod.spec.nodeName ?? ''} does not confirm its end`);
}

function endCause(pod: Pod): Cause | undefined {
  const { phase, reason, message, conditions } = pod.status ?? {};
  if (phase !== 'Failed') return undefined;
  // A later report of the containers can lose reason and message: https://github.com/kubernetes/kubernetes/issues/105467.
  const disrupted = conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True');
  if (reason === 'Evicted' || disrupted?.reason === 'TerminationByKubelet') {
    return cause(
      'Evicted',
      pod,
      `evicted by its node: ${message ?? disrupted?.message ?? 'no reason given'}`,
    );
  }
  const why = disrupted ?? { reason, message };
  return reason === undefined && disrupted === undefined
    ? (containersCause(pod) ?? cause('PodFailed', pod, 'it has failed'))
    : cause('PodFailed', pod, `${why.reason}: ${why.message ?? 'no message'}`);
}

function schedulingCause(pod: Pod): Cause | undefined {
  const scheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (scheduled?.reason === 'SchedulingGated') {
    const gates = (pod.spec.schedulingGates ?? []).map(({ name }) => name).join(', ');
    return cause('SchedulingGated', pod, `not scheduled before its scheduling gates are removed: ${gates}`);
  }
  if (scheduled?.reason !== 'Unschedulable') return undefined;
  const message = scheduled.message ?? 'no node fits';
  return cause(VOLUME_WORDS.test(message) ? 'VolumeMissing' : 'Unschedulable', pod, message);
}

/** Init containers run first and in order, so that the first that fails holds up all others. */
function containersCause(pod: Pod): Cause | undefined {
  const sidecars = new Set(
    pod.spec.initContainers?.flatMap(({ name, restartPolicy }) => (restartPolicy === 'Always' ? [name] : [])),
  );
  for (const status of pod.status?.initContainerStatuses ?? []) {
    const isSidecar = sidecars.has(status.name);
    const found = containerCause(pod, status, isSidecar ? 'SidecarFailing' : 'InitContainerFailing');
    if (found !== undefined) return found;
  }
  // The container of ours is the first: what others add comes after it.
  const ours = pod.spec.containers?.[0]?.name;
  for (const status of ordered(pod)) {
    const isOurs = ours === undefined || status.name === ours;
    const found = containerCause(pod, status, isOurs ? 'ContainerFailing' : 'SidecarFailing');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** As the pod has them: the kubelet sorts its report by name. */
function ordered({ spec, status }: Pod): ContainerStatus[] {
  const names = (spec.containers ?? []).map(({ name }) => name);
  const place = ({ name }: ContainerStatus) => names.indexOf(name);
  return [...(status?.containerStatuses ?? [])].sort((a, b) => place(a) - place(b));
}

type Failing = 'InitContainerFailing' | 'SidecarFailing' | 'ContainerFailing';

function containerCause(pod: Pod, status: ContainerStatus, failing: Failing): Cause | undefined {
  const { name, state, lastState, ready } = status;
  const { reason = '', message = '' } = state?.waiting ?? {};
  const who = failing === 'ContainerFailing' ? '' : `container ${name}: `;
  if (IMAGE_REASONS.has(reason))
    return cause('ImagePullFailed', pod, `${who}${reason}: ${message || status.image}`);
  if (CONFIG_REASONS.has(reason)) return cause(failing, pod, `${who}${reason}: ${message}`);
  const end = state?.terminated ?? lastState?.terminated;
  const isDown = ready !== true && (reason === 'CrashLoopBackOff' || hasFailed(state?.terminated));
  if (end?.reason === 'OOMKilled' && (isDown || runsUnready(status)))
    return cause('OutOfMemory', pod, outOfMemory(pod, status));
  if (!isDown) return undefined;
  const what = end === undefined ? `${reason}: ${message}` : `${howItEnded(end)}${times(status)}`;
  return cause(failing, pod, `${who}${what}`);
}

/** It was restarted and does not pass its probe yet. */
function runsUnready({ ready, state }: ContainerStatus): boolean {
  return ready === false && state?.running !== undefined;
}

function outOfMemory({ spec }: Pod, status: ContainerStatus): string {
  const { name } = status;
  const limit = spec.containers?.find((each) => each.name === name)?.resources?.limits?.memory;
  const allowed = limit === undefined ? 'there is on its node' : `its limit of ${limit}`;
  return `container ${name} was killed for using more memory than ${allowed} (OOMKilled${times(status)})`;
}

function hasFailed(end: ContainerEnd | undefined): boolean {
  return end !== undefined && end.exitCode !== 0;
}

function howItEnded({ reason, exitCode, message }: ContainerEnd): string {
  const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`;
  const why = reason === undefined || reason === 'Error' || reason === 'Completed' ? '' : ` (${reason})`;
  return `its container ended${code}${why}${message ? `: ${message.trim()}` : ''}`;
}

function times({ restartCount }: ContainerStatus): string {
  return restartCount > 0 ? `, restarted ${restartCount} ${restartCount === 1 ? 'time' : 'times'}` : '';
}

/** Its containers wait for something that only events name: a volume, a Secret, a network. */
function waitingCause(pod: Pod, { warnings }: CauseContext): Cause | undefined {
  const warning = isBeingCreated(pod) ? warnings?.get(`Pod/${pod.metadata.name}`) : undefined;
  if (warning === undefined) return undefined;
  const reason = VOLUME_EVENTS.has(warning.reason) ? 'VolumeMissing' : 'ContainerFailing';
  return cause(reason, pod, `${warning.reason}: ${warning.message}`);
}

/** Bound to a node, and none of its containers was started. */
export function isBeingCreated({ spec, status, metadata }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.phase === 'Pending' &&
    spec.nodeName !== undefined &&
    !(status.containerStatuses ?? []).some(({ state }) => state?.running ?? state?.terminated)
  );
}

function cause(reason: CauseReason, pod: Pod, text: string): Cause {
  return { reason, message: shortened(`pod ${pod.metadata.name}: ${text}`) };
}

/** @returns at most as much as a condition should hold */
export function shortened(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}
