import { expect, it } from 'vitest';
import { type ConditionEntry, PRESENCE_CLUSTER_CONDITIONS } from './conditions.ts';

/** Conditions that report a state. False is their value at rest, and their names are those of the field. */
const STATES = ['BreakGlass', 'Frozen', 'RolloutHeld', 'RolloutReverted', 'ScalingLimited'];
/** True while all is well, but no event when it is not: conditions.test.ts of the operator asserts its statuses. */
const WITHOUT_EVENTS = ['ZoneDataCurrent'];

it('every other condition of a PresenceCluster is True while all is well', () => {
  const entries: [string, ConditionEntry][] = Object.entries(PRESENCE_CLUSTER_CONDITIONS);
  const notPositive = entries.filter(([, { event }]) => event?.warning !== 'False').map(([type]) => type);
  expect(notPositive.sort()).toEqual([...STATES, ...WITHOUT_EVENTS]);
});
