import type { LeaseState } from '../../domain/freeze/clock/lease-state.ts';

/** In words, with the remedy: the Lease is renewed, and an API server was found whose policies do not see that. */
export function notSeen(state: LeaseState & { kind: 'NotSeen' }): string {
  switch (state.reason) {
    case 'ClockStands':
      return `Lease ${state.lease} is renewed, but the policies of an API server see it as of ${state.renewTime}: restart each kube-apiserver.`;
    case 'ClockUnanswered':
      return `The policy clock-check of an API server does not say which time of Lease ${state.lease} it sees: install the chart again, and if that does not help, restart each kube-apiserver.`;
  }
}
