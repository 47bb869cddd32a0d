import type { PRESENCE_OPTIMIZATION_CONDITIONS } from '../../api/v1alpha1/conditions.ts';
import type { PresenceOptimizationStatus } from '../../api/v1alpha1/presence-optimization.ts';
import { REVOCATION_METRIC } from '../../domain/optimization/revocation-list.ts';
import type { AnyCondition } from '../objects/conditions.ts';

type RequestCondition = AnyCondition<typeof PRESENCE_OPTIMIZATION_CONDITIONS>;

/** How far a Disconnect has come. */
export interface DisconnectEffect {
  readonly counts: NonNullable<PresenceOptimizationStatus['disconnect']>;
  /** A pod that has not said that it refuses the person; undefined when all have. */
  readonly waitsFor: string | undefined;
}

/** What one presence pod has ended, by uid of the request; undefined when it did not answer. */
export type PodAnswer = ReadonlyMap<string, number> | undefined;

const SAMPLE = new RegExp(`^${REVOCATION_METRIC}\\{request="([^"\\n]*)"\\} (\\d+)$`, 'gm');

/** Reads the answer of a pod from its metrics. */
export function readRevocations(metrics: string): ReadonlyMap<string, number> {
  return new Map([...metrics.matchAll(SAMPLE)].map(([, request = '', ended]) => [request, Number(ended)]));
}

/** @param answers by the name of the pod */
export function effectOf(request: string, answers: ReadonlyMap<string, PodAnswer>): DisconnectEffect {
  const ended = [...answers.values()].flatMap((answer) => answer?.get(request) ?? []);
  const [waitsFor] = [...answers].find(([, answer]) => answer?.has(request) !== true) ?? [];
  return {
    counts: {
      pods: answers.size,
      podsInEffect: ended.length,
      closedConnections: ended.reduce((sum, each) => sum + each, 0),
    },
    waitsFor,
  };
}

/** The sentence of the condition and of the event. */
export function effectMessage({ pods, podsInEffect, closedConnections }: DisconnectEffect['counts']): string {
  return `${podsInEffect} of ${pods} presence pods refuse the person. Connections that they closed: ${closedConnections}.`;
}

/** @param refusal why the API server refused to write the list; undefined when it did not */
export function inEffectCondition(
  effect: DisconnectEffect | undefined,
  phase: 'Active' | 'Done',
  refusal?: string,
): RequestCondition {
  const type = 'InEffect';
  if (phase === 'Done') return { type, status: 'False', reason: 'Ended', message: 'The Disconnect is over.' };
  if (refusal !== undefined)
    return {
      type,
      status: 'False',
      reason: 'WaitingForPods',
      message: `The list for the presence pods could not be written: ${refusal}`,
    };
  if (effect === undefined)
    return {
      type,
      status: 'False',
      reason: 'WaitingForPods',
      message: 'No presence pod has been asked yet.',
    };
  const message = effectMessage(effect.counts);
  if (effect.waitsFor === undefined) return { type, status: 'True', reason: 'OnEveryPod', message };
  const waits = `${message} ${effect.waitsFor} has not said so yet.`;
  return { type, status: 'False', reason: 'WaitingForPods', message: waits };
}
