import { describe, expect, it } from 'vitest';
import { presenceClusterSpec } from '../../api/v1alpha1/presence-cluster.ts';
import { rolloutFreezeSpec } from '../../api/v1alpha1/rollout-freeze.ts';
import { freezeAt } from './freeze-at.ts';
import { freezeFloor, freezeParameter } from './freeze-parameter.ts';
import { rolloutGate } from './rollout-gate.ts';

const WINDOW = {
  from: new Date('2027-06-05T08:00:00Z'),
  until: new Date('2027-06-06T04:00:00Z'),
  reason: '1 wedding',
  weddings: ['5f2a'],
  manual: [],
  notListed: 0,
};
const OVERRIDE = {
  name: 'incident',
  user: 'ada',
  ticket: 'OPS-1',
  scope: ['Rollout' as const],
  from: '2027-06-05T20:00:00Z',
  until: '2027-06-05T21:00:00Z',
};

function parameterAt(now: Date, overrides = [OVERRIDE]) {
  return freezeParameter({ windows: [WINDOW], freeze: freezeAt([WINDOW], now), floor: 12, overrides, now });
}

describe('what the admission policies know', () => {
  it('is a RolloutFreeze as the schema wants it', () => {
    const parameter = parameterAt(new Date('2027-06-05T20:07:31Z'));
    expect(rolloutFreezeSpec.parse(parameter)).toEqual(parameter);
    expect(parameter).toMatchObject({
      phase: 'Frozen',
      floor: 12,
      heartbeat: '2027-06-05T20:05:00Z',
      overrides: [OVERRIDE],
      windows: [{ from: '2027-06-05T08:00:00Z', until: '2027-06-06T04:00:00Z' }],
    });
  });

  it('is Frozen from a minute before the first instant of a window until the first after it', () => {
    const phaseAt = (instant: string) => parameterAt(new Date(instant)).phase;
    expect(phaseAt('2027-06-05T07:58:59.999Z')).toBe('Open');
    expect(phaseAt('2027-06-05T07:59:00Z')).toBe('Frozen');
    expect(phaseAt('2027-06-05T08:00:00Z')).toBe('Frozen');
    expect(phaseAt('2027-06-06T03:59:59.999Z')).toBe('Frozen');
    expect(phaseAt('2027-06-06T04:00:00Z')).toBe('Open');
  });

  it('is written once in five minutes when nothing happens', () => {
    const seconds = Array.from({ length: 900 }, (_, second) => second * 1000);
    const start = Date.parse('2027-06-05T12:00:00Z');
    const texts = seconds.map((ms) => JSON.stringify(parameterAt(new Date(start + ms))));
    expect(new Set(texts).size).toBe(3);
  });

  it('has the floor of the calendar, or of the user in mode Off', () => {
    const spec = (input: object) => presenceClusterSpec.parse({ timeZone: 'Europe/London', ...input });
    expect(freezeFloor(spec({}), 24)).toBe(24);
    expect(freezeFloor(spec({ scaling: { mode: 'Off' }, presence: { replicas: 7 } }), 24)).toBe(7);
    expect(freezeFloor(spec({ scaling: { mode: 'Off', minReplicas: 3 } }), 24)).toBe(3);
  });
});

describe('the gate of own rollouts', () => {
  const now = new Date('2027-06-05T20:30:00Z');
  const freeze = freezeAt([WINDOW], now);

  it('is opened by an override once the RolloutFreeze lists it', () => {
    const published = parameterAt(now);
    expect(rolloutGate({ freeze, overrides: [OVERRIDE], published, now }).active).toBe(false);
    expect(rolloutGate({ freeze, overrides: [OVERRIDE], published: parameterAt(now, []), now }).active).toBe(
      true,
    );
    expect(rolloutGate({ freeze, overrides: [OVERRIDE], published: undefined, now }).active).toBe(true);
  });

  it('is not opened by an override of another scope', () => {
    const other = { ...OVERRIDE, scope: ['Delete' as const] };
    const published = { overrides: [other] };
    expect(rolloutGate({ freeze, overrides: [other], published, now }).active).toBe(true);
  });

  it('waits for the RolloutFreeze to say that a wedding was called off', () => {
    const none = freezeAt([], now);
    const stale = rolloutGate({ freeze: none, overrides: [], published: parameterAt(now), now });
    expect(stale).toEqual({ ...freezeAt([WINDOW], now), active: true });
    expect(rolloutGate({ freeze: none, overrides: [], published: undefined, now })).toEqual(none);
    const after = WINDOW.until;
    expect(rolloutGate({ freeze: none, overrides: [], published: parameterAt(now), now: after })).toEqual(
      none,
    );
  });
});
