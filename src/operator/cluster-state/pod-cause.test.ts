import { describe, expect, it } from 'vitest';
import { NOON, pod } from '../../../test/support/presence-cluster-builder.ts';
import type { ContainerStatus, Pod } from './pod.ts';
import { type Cause, podCause } from './pod-cause.ts';

const context = { now: NOON };
const withStatus = (status: NonNullable<Pod['status']>, more: Partial<Pod['spec']> = {}): Pod => ({
  ...pod('p', 'redis', { status }),
  spec: { containers: [{ name: 'redis' }], ...more },
});
const container = (name: string, more: Partial<ContainerStatus>): ContainerStatus => ({
  name,
  restartCount: 0,
  ready: false,
  ...more,
});
const waiting = (reason: string, message = '', name = 'redis') =>
  container(name, { state: { waiting: { reason, message } } });
const say = (subject: Pod, more = {}): string | undefined => {
  const found: Cause | undefined = podCause(subject, { ...context, ...more });
  return found && `${found.reason}: ${found.message}`;
};

describe('podCause of statuses as kubelets and schedulers write them', () => {
  // https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/#exceed-a-container-s-memory-limit
  it('names the memory limit, and not the back-off that follows', () => {
    const killed = { exitCode: 137, reason: 'OOMKilled' };
    const crashing = container('redis', {
      restartCount: 5,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 40s restarting failed container=redis pod=p_weddings(fd7f0b5e)',
        },
      },
      lastState: { terminated: killed },
    });
    const limited = { containers: [{ name: 'redis', resources: { limits: { memory: '256Mi' } } }] };
    const expected =
      'OutOfMemory: pod p: container redis was killed for using more memory than its limit of 256Mi (OOMKilled, restarted 5 times)';
    expect(say(withStatus({ phase: 'Running', containerStatuses: [crashing] }, limited))).toBe(expected);
    // In the moment between the kill and the restart, and after it while the probe fails.
    const ended = { ...crashing, state: { terminated: killed } };
    expect(say(withStatus({ phase: 'Running', containerStatuses: [ended] }, limited))).toBe(expected);
    const again = { ...crashing, state: { running: { startedAt: '2027-06-05T11:00:00Z' } } };
    expect(say(withStatus({ phase: 'Running', containerStatuses: [again] }, limited))).toBe(expected);
    const healthy = { ...again, ready: true };
    expect(say(withStatus({ phase: 'Running', containerStatuses: [healthy] }, limited))).toBeUndefined();
  });

  // https://github.com/kubernetes/kubernetes/issues/105467: reason and message can be lost, the condition stays.
  it('names an eviction with what the node lacked', () => {
    const message =
      'The node was low on resource: memory. Container redis was using 355056Ki, request is 100Mi.';
    expect(say(withStatus({ phase: 'Failed', reason: 'Evicted', message }))).toBe(
      `Evicted: pod p: evicted by its node: ${message}`,
    );
    const conditions = [
      { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message },
      { type: 'PodReadyToStartContainers', status: 'False' },
    ];
    const ended = container('redis', {
      state: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
    });
    expect(say(withStatus({ phase: 'Failed', conditions, containerStatuses: [ended] }))).toBe(
      `Evicted: pod p: evicted by its node: ${message}`,
    );
  });

  it('names why a pod failed as a whole', () => {
    const message =
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 400, used: 1, capacity: 2";
    expect(say(withStatus({ phase: 'Failed', reason: 'OutOfcpu', message }))).toBe(
      `PodFailed: pod p: OutOfcpu: ${message}`,
    );
    const conditions = [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting',
      },
    ];
    expect(say(withStatus({ phase: 'Failed', conditions }))).toBe(
      'PodFailed: pod p: DeletionByTaintManager: Taint manager: deleting',
    );
    expect(say(withStatus({ phase: 'Failed' }))).toBe('PodFailed: pod p: it has failed');
  });

  it('tells a pod that fits nowhere from one without a volume and one with gates', () => {
    const scheduled = (reason: string, message: string): NonNullable<Pod['status']> => ({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason, message }],
    });
    const noRoom = '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available.';
    expect(say(withStatus(scheduled('Unschedulable', noRoom)))).toBe(`Unschedulable: pod p: ${noRoom}`);
    for (const message of [
      '0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
      '0/4 nodes are available: persistentvolumeclaim "data-wedsync-redis-0-1" not found.',
      '0/4 nodes are available: 1 node(s) had volume node affinity conflict.',
    ]) {
      expect(say(withStatus(scheduled('Unschedulable', message)))).toBe(`VolumeMissing: pod p: ${message}`);
    }
    const gated = withStatus(
      scheduled('SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates'),
      {
        schedulingGates: [{ name: 'example.com/quota' }],
      },
    );
    expect(say(gated)).toMatch(/^SchedulingGated: pod p: .*example\.com\/quota$/);
  });

  it('names the init container and the sidecar that hold up all others', () => {
    const initializing = waiting('PodInitializing');
    const failed = container('migrate', {
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container' } },
      lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'no such host\n' } },
    });
    const spec = { initContainers: [{ name: 'migrate' }, { name: 'proxy', restartPolicy: 'Always' }] };
    expect(
      say(
        withStatus(
          { phase: 'Pending', initContainerStatuses: [failed], containerStatuses: [initializing] },
          spec,
        ),
      ),
    ).toBe(
      'InitContainerFailing: pod p: container migrate: its container ended with exit code 1: no such host, restarted 3 times',
    );
    const done = container('migrate', {
      ready: true,
      state: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    const sidecar = waiting('ImagePullBackOff', 'Back-off pulling image "proxy:9"', 'proxy');
    expect(
      say(withStatus({ initContainerStatuses: [done, sidecar], containerStatuses: [initializing] }, spec)),
    ).toBe('ImagePullFailed: pod p: container proxy: ImagePullBackOff: Back-off pulling image "proxy:9"');
    const crashing = { ...failed, name: 'proxy' };
    expect(say(withStatus({ initContainerStatuses: [done, crashing] }, spec))).toMatch(
      /^SidecarFailing: pod p: container proxy: /,
    );
  });

  it('names our container before one that was added beside it', () => {
    const spec = { containers: [{ name: 'redis' }, { name: 'exporter' }] };
    const exporter = waiting('CrashLoopBackOff', 'back-off', 'exporter');
    const redis = waiting('CreateContainerConfigError', 'secret "own" not found');
    expect(say(withStatus({ containerStatuses: [exporter, redis] }, spec))).toBe(
      'ContainerFailing: pod p: CreateContainerConfigError: secret "own" not found',
    );
    const running = container('redis', { ready: true, state: { running: {} } });
    expect(say(withStatus({ containerStatuses: [exporter, running] }, spec))).toBe(
      'SidecarFailing: pod p: container exporter: CrashLoopBackOff: back-off',
    );
  });

  it.each(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'])(
    'knows %s',
    (reason) => {
      expect(say(withStatus({ containerStatuses: [waiting(reason, 'not found')] }))).toBe(
        `ImagePullFailed: pod p: ${reason}: not found`,
      );
      const silent = { ...waiting(reason), image: 'own:1' };
      expect(say(withStatus({ containerStatuses: [silent] }))).toBe(
        `ImagePullFailed: pod p: ${reason}: own:1`,
      );
    },
  );

  it('names what holds a deleted pod once it is overdue', () => {
    const deleted = (seconds: number, finalizers: string[] = []): Pod => {
      const deletionTimestamp = new Date(NOON.getTime() - seconds * 1000).toISOString();
      const ending = pod('p', 'redis', { deletionTimestamp });
      return { ...ending, metadata: { ...ending.metadata, finalizers }, spec: { nodeName: 'node-1' } };
    };
    expect(say(deleted(9, ['example.com/hold']))).toBeUndefined();
    expect(say(deleted(10, ['example.com/hold']))).toBe(
      'HeldByFinalizer: pod p: deleted, and held by the finalizer example.com/hold',
    );
    expect(say(deleted(10))).toBe('NodeLost: pod p: deleted, and its node node-1 does not confirm its end');
  });

  it('takes from an event what no status says, while the containers are being created', () => {
    const warnings = new Map([
      [
        'Pod/p',
        { reason: 'FailedMount', message: 'MountVolume.SetUp failed for volume "acl": secret not found' },
      ],
    ]);
    const creating = withStatus(
      { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] },
      { nodeName: 'node-1' },
    );
    expect(say(creating)).toBeUndefined();
    expect(say(creating, { warnings })).toMatch(/^VolumeMissing: pod p: FailedMount: MountVolume\.SetUp/);
    const running = withStatus({
      phase: 'Running',
      containerStatuses: [container('redis', { state: { running: {} } })],
    });
    expect(say(running, { warnings })).toBeUndefined();
  });

  it.each([
    withStatus({ containerStatuses: [waiting('ContainerCreating')] }),
    withStatus({ containerStatuses: [waiting('PodInitializing')] }),
    withStatus({}),
    pod('p', 'redis'),
  ])('sees nothing wrong in a pod that starts or runs', (subject) => {
    expect(say(subject)).toBeUndefined();
  });

  it('cuts a whole stack down', () => {
    const message = say(withStatus({ containerStatuses: [waiting('RunContainerError', 'x'.repeat(5000))] }));
    expect(message?.endsWith('…')).toBe(true);
    expect(message?.length).toBeLessThan(330);
  });
});
