import { expect, it } from 'vitest';
import { type ConditionEntry, PRESENCE_CLUSTER_CONDITIONS } from './conditions.ts';

/** Conditions that report a state. False is their value at rest, and their names are those of the field. */
const STATES = [
  'BreakGlass',
  'Frozen',
  'Paused',
  'PresenceStarting',
  'Reconciling',
  'RolloutHeld',
  'RolloutReverted',
  'ScalingLimited',
  'Stalled',
];
/**
 * True while all is well, but no event of their own when they are not: what was refused has the event ApplyFailed, and old zone data
 * or a missing Lease would be an event on every PresenceCluster at once.
 */
const WITHOUT_EVENTS = ['ChildrenApplied', 'FreezeClock', 'ZoneDataCurrent'];

it('every other condition of a PresenceCluster is True while all is well', () => {
  const entries: [string, ConditionEntry][] = Object.entries(PRESENCE_CLUSTER_CONDITIONS);
  const notPositive = entries.filter(([, { event }]) => event?.warning !== 'False').map(([type]) => type);
  expect(notPositive.sort()).toEqual([...STATES, ...WITHOUT_EVENTS].sort());
});
