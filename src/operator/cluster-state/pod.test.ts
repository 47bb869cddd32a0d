import { describe, expect, it } from 'vitest';
import { pod } from '../../../test/support/presence-cluster-builder.ts';
import { isReady, type Pod, podProblem } from './pod.ts';

const withStatus = (status: NonNullable<Pod['status']>) => pod('p', 'presence', { status });
const waiting = (reason: string, message?: string, image?: string) =>
  withStatus({
    containerStatuses: [
      { name: 'ok', restartCount: 0, state: {} },
      {
        ...{ name: 'c', restartCount: 0 },
        ...(image ? { image } : {}),
        state: { waiting: { reason, ...(message ? { message } : {}) } },
      },
    ],
  });

describe('isReady', () => {
  it.each([
    [pod('p', 'presence'), true],
    [withStatus({ conditions: [{ type: 'Ready', status: 'False' }] }), false],
    [withStatus({}), false],
    [pod('p', 'presence', { deletionTimestamp: '2027-06-05T11:00:00Z' }), false],
  ])('is by condition, and never of a pod that ends', (subject, expected) => {
    expect(isReady(subject)).toBe(expected);
  });
});

describe('podProblem', () => {
  it.each(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'])(
    'knows %s',
    (reason) => {
      expect(podProblem(waiting(reason, 'not found'))).toEqual({
        ...{ reason: 'ImagePullFailed', message: `pod p: ${reason}: not found` },
      });
    },
  );

  it('names the image when the kubelet says nothing', () => {
    expect(podProblem(waiting('ErrImageNeverPull', undefined, 'own:1'))?.message).toBe(
      'pod p: ErrImageNeverPull: own:1',
    );
  });

  it.each(['CrashLoopBackOff', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])(
    'knows %s',
    (reason) => {
      expect(podProblem(waiting(reason, 'why'))).toMatchObject({ reason: 'ContainerFailing' });
    },
  );

  it('knows a pod that fits nowhere, and not one that waits for its turn', () => {
    const scheduled = (reason: string) =>
      withStatus({ conditions: [{ type: 'PodScheduled', status: 'False', reason, message: 'too big' }] });
    expect(podProblem(scheduled('Unschedulable'))).toEqual({
      ...{ reason: 'Unschedulable', message: 'pod p: too big' },
    });
    expect(podProblem(scheduled('SchedulingGated'))).toBeUndefined();
  });

  it.each([waiting('ContainerCreating'), waiting('PodInitializing'), withStatus({}), pod('p', 'redis')])(
    'sees nothing wrong in a pod that starts or runs',
    (subject) => {
      expect(podProblem(subject)).toBeUndefined();
    },
  );

  it('cuts a whole stack down', () => {
    const message = podProblem(waiting('RunContainerError', 'x'.repeat(5000)))?.message;
    expect(message).toHaveLength(301);
    expect(message?.endsWith('…')).toBe(true);
  });
});
