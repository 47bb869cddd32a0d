import { describe, expect, it } from 'vitest';
import { hpaPolicy, oraclePolicy, staticPolicy } from './reactive-policies.ts';
import { type FleetConditions, type ReplicaPolicy, simulatePolicy } from './simulate-policy.ts';

const CONDITIONS: FleetConditions = {
  capacity: 100,
  startupSeconds: 120,
  lagSeconds: 30,
  tickSeconds: 15,
  min: 2,
};

interface Change {
  at: number;
  pods: number;
}

/** Runs a policy and lists when the asked and the ready number of pods changed. */
function follow(load: Float64Array, policy: ReplicaPolicy, conditions = CONDITIONS) {
  const asked: Change[] = [];
  const ready: Change[] = [];
  const result = simulatePolicy({
    load,
    scoreFrom: 0,
    conditions,
    policy,
    onTick: (tick, fleet) => {
      const at = tick * conditions.tickSeconds;
      if (asked.at(-1)?.pods !== fleet.replicas) asked.push({ at, pods: fleet.replicas });
      if (ready.at(-1)?.pods !== fleet.ready) ready.push({ at, pods: fleet.ready });
    },
  });
  return { asked, ready, result };
}

/** 140 connections, 1,400 from 300 s on, 340 from 6,000 s on. */
function stepLoad(): Float64Array {
  return Float64Array.from({ length: 500 }, (_, tick) => {
    const at = tick * CONDITIONS.tickSeconds;
    if (at < 300) return 140;
    return at < 6000 ? 1400 : 340;
  });
}

describe('a HorizontalPodAutoscaler in the simulator', () => {
  const { asked, ready, result } = follow(stepLoad(), hpaPolicy(CONDITIONS, 0.7));

  it('does what was worked out by hand (34)', () => {
    expect(asked).toEqual([
      { at: 0, pods: 2 },
      { at: 330, pods: 6 },
      { at: 345, pods: 12 },
      { at: 360, pods: 20 },
      { at: 6330, pods: 5 },
    ]);
    expect(ready).toEqual([
      { at: 0, pods: 2 },
      { at: 450, pods: 6 },
      { at: 465, pods: 12 },
      { at: 480, pods: 20 },
      { at: 6330, pods: 5 },
    ]);
  });

  it('is scored as worked out by hand', () => {
    // 14 pods are needed from 300 s on: 2 there are for 150 s, 6 for 15 s, 12 for 15 s.
    expect(result.tauU).toBeCloseTo((100 * 180) / 7500, 9);
    expect(result.thetaU).toBeCloseTo((100 * ((12 / 14) * 150 + (8 / 14) * 15 + (2 / 14) * 15)) / 7500, 9);
    expect(result.unserved).toBeCloseTo(
      (100 * (1200 * 150 + 800 * 15 + 200 * 15)) / (140 * 300 + 1400 * 5700 + 340 * 1500),
      9,
    );
    expect(result.podHours).toBeCloseTo((2 * 330 + 6 * 15 + 12 * 15 + 20 * 5970 + 5 * 1170) / 3600, 9);
    expect(result.actionsPerDay).toBeCloseTo((4 * 86_400) / 7500, 9);
    expect(result.removedPerDay).toBeCloseTo((15 * 86_400) / 7500, 9);
  });
});

describe('simulatePolicy', () => {
  it('scores idle pods', () => {
    const { result } = follow(new Float64Array(10).fill(400), staticPolicy(10));
    // The fleet starts with the 4 pods that are needed; 6 are asked for, and not ready within 150 s but for 2 ticks.
    expect(result.thetaO).toBeCloseTo((100 * 2 * (6 / 4)) / 10, 9);
    expect(result).toMatchObject({ tauU: 0, thetaU: 0, unserved: 0, removedPerDay: 0 });
  });

  it('neither scores nor decides on what was not recorded', () => {
    const load = Float64Array.from({ length: 200 }, (_, tick) =>
      tick >= 50 && tick < 150 ? Number.NaN : 700,
    );
    const { asked, result } = follow(load, hpaPolicy(CONDITIONS, 1));
    expect(asked).toEqual([{ at: 0, pods: 7 }]);
    expect(result.podHours).toBeCloseTo((7 * 100 * 15) / 3600, 9);
  });

  it('removes starting pods first, the last ones before', () => {
    const plan = [6, 8, 7, 5, 4];
    const policy = { replicas: ({ now }: { now: number }) => plan[now / 15] ?? 4 };
    const { ready } = follow(new Float64Array(20).fill(500), policy);
    // 5 serve from the start; the one asked for at 0 s is the last of the starting ones to go.
    expect(ready).toEqual([
      { at: 0, pods: 5 },
      { at: 60, pods: 4 },
    ]);
  });

  it('keeps the minimum, whatever a policy says', () => {
    const { asked } = follow(new Float64Array(20).fill(0), staticPolicy(0));
    expect(asked).toEqual([{ at: 0, pods: 2 }]);
  });

  it('makes pods ready at once when start-up takes no time', () => {
    const conditions = { ...CONDITIONS, startupSeconds: 0, lagSeconds: 0 };
    const { ready } = follow(stepLoad(), hpaPolicy(conditions, 0.7), conditions);
    expect(ready.slice(0, 3)).toEqual([
      { at: 0, pods: 2 },
      { at: 300, pods: 6 },
      { at: 315, pods: 12 },
    ]);
  });
});

describe('the oracle', () => {
  it('is ready in time and removes at once', () => {
    const load = stepLoad();
    const { asked, ready, result } = follow(load, oraclePolicy(load, CONDITIONS));
    expect(asked).toEqual([
      { at: 0, pods: 2 },
      { at: 180, pods: 14 },
      { at: 6000, pods: 4 },
    ]);
    expect(ready[1]).toEqual({ at: 300, pods: 14 });
    expect(result).toMatchObject({ tauU: 0, thetaU: 0, thetaO: 0, unserved: 0 });
  });
});
