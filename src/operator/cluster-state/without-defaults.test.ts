import { expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { withoutDefaults } from './without-defaults.ts';

const parse = (input: object) => presenceClusterSpec.parse({ timeZone: 'Europe/London', ...input });

it.each([
  [{}, { timeZone: 'Europe/London' }],
  [{ redis: { shards: 6 } }, { timeZone: 'Europe/London', redis: { shards: 6 } }],
])('leaves out what has its default: %j', (input, expected) => {
  expect(withoutDefaults(parse(input))).toEqual(expected);
});

it.each([
  {},
  { redis: { shards: 6, storage: { type: 'Claim', size: '2Gi' } } },
  { scaling: { mode: 'Full', seasonMultipliers: { '6': 3 }, peaks: [] } },
  { freeze: { windows: [{ name: 'a', from: '2027-06-01T00:00', until: '2027-06-02T00:00', reason: 'r' }] } },
])('is the same spec when it is read again: %j', (input) => {
  const spec = parse(input);
  expect(parse(withoutDefaults(spec))).toEqual(spec);
});
