import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import type { Condition } from '../../api/schema/fields.ts';
import { ClusterEvents } from './cluster-events.ts';
import { ConditionNews } from './condition-news.ts';

/** Five minutes after the last transition: what lasts has lasted. */
const LATER = new Date('2027-06-05T11:05:00Z');

const condition = (
  type: string,
  status: Condition['status'],
  reason: string,
  message = 'words',
): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2027-06-05T11:00:00Z',
});

function listen() {
  const heard: string[] = [];
  const events = new ClusterEvents({
    record: (object, { type, reason, note }) =>
      void heard.push(`${object.metadata.name} ${type} ${reason}: ${note}`),
    flush: async () => {},
  });
  return { heard, events };
}

function told(before: Condition[] | undefined, after: Condition[]): string[] {
  const { heard, events } = listen();
  const cluster = presenceCluster({}, before ? { status: { conditions: before } } : {});
  events.conditionsChanged(cluster, after, { news: new ConditionNews(), now: LATER });
  return heard;
}

describe('ClusterEvents', () => {
  it('tells a change of status or reason once', () => {
    const starting = condition('PresenceAvailable', 'False', 'PodsStarting');
    const failing = condition('PresenceAvailable', 'False', 'ImagePullFailed', 'no such image');
    const ready = condition('PresenceAvailable', 'True', 'PodsReady');
    expect(told([starting], [failing])).toEqual(['wedsync Warning ImagePullFailed: no such image']);
    expect(told([failing], [failing])).toEqual([]);
    expect(told([failing], [ready])).toEqual(['wedsync Normal PodsReady: words']);
  });

  it('tells of a new object what is bad, and not that its certificates, shards and bookings are as they should be', () => {
    const well = ['CertificatesCurrent', 'RedisCapacitySufficient', 'BookingsFresh', 'CalendarWithinLimits'];
    expect(
      told(
        undefined,
        well.map((type) => condition(type, 'True', 'Fine')),
      ),
    ).toEqual([]);
    expect(
      told(
        undefined,
        well.map((type) => condition(type, 'False', 'Bad')),
      ),
    ).toHaveLength(well.length);
    expect(told(undefined, [condition('Accepted', 'True', 'Accepted')])).toHaveLength(1);
  });

  it('tells of no PresenceCluster that the time zone data of the operator is old', () => {
    const old = condition('ZoneDataCurrent', 'False', 'Old');
    expect(told(undefined, [old])).toEqual([]);
    expect(told([condition('ZoneDataCurrent', 'True', 'Current')], [old])).toEqual([]);
  });

  it('does not tell that only the words have changed', () => {
    const before = condition('RedisAvailable', 'False', 'Forming', 'one');
    expect(told([before], [{ ...before, message: 'two' }])).toEqual([]);
  });

  it('knows good news from bad news', () => {
    expect(told([], [condition('ScalingLimited', 'True', 'TooManyReplicas')])).toEqual([
      'wedsync Warning TooManyReplicas: words',
    ]);
    expect(told([], [condition('Frozen', 'True', 'WeddingActive')])).toEqual([
      'wedsync Normal WeddingActive: words',
    ]);
    expect(
      told([condition('Frozen', 'True', 'WeddingActive')], [condition('Frozen', 'False', 'Over')]),
    ).toEqual(['wedsync Normal Over: words']);
  });

  it('does not tell of an object that is new what is not the case with it', () => {
    const fresh = [
      condition('Accepted', 'True', 'Accepted'),
      condition('Ready', 'False', 'RedisNotReady'),
      condition('Frozen', 'False', 'NoActiveWedding'),
      condition('RolloutHeld', 'False', 'NoRolloutHeld'),
      condition('ScalingLimited', 'False', 'WithinRange'),
    ];
    expect(told(undefined, fresh)).toEqual(['wedsync Normal Accepted: words']);
  });

  it('alarms nobody of few nodes where it was never otherwise, nor of a hand-over that is about to come', () => {
    const few = condition('RedisSpread', 'False', 'TooFewNodes');
    const spread = condition('RedisSpread', 'True', 'Spread');
    const handing = condition('RedisSpread', 'False', 'HandingOver');
    const stuck = condition('RedisSpread', 'False', 'OneNodeHoldsMajority');
    for (const first of [few, spread, handing]) expect(told(undefined, [first])).toEqual([]);
    expect(told(undefined, [stuck])).toEqual(['wedsync Warning OneNodeHoldsMajority: words']);
    expect(told([stuck], [few])).toEqual(['wedsync Normal TooFewNodes: words']);
    expect(told([spread], [few])).toEqual(['wedsync Warning TooFewNodes: words']);
    expect(told([spread], [handing])).toEqual(['wedsync Normal HandingOver: words']);
    expect(told([handing], [spread])).toEqual(['wedsync Normal Spread: words']);
  });

  it.each([
    ['CredentialsCurrent', 'SecretMissing'],
    ['KindsWatched', 'CannotWatch'],
    ['RedisDataIntact', 'NoCopyLeft'],
    ['FreezeWithinBudget', 'TooLittleOpen'],
    ['ScalingActive', 'ConflictingAutoscaler'],
    ['LoadObserved', 'SomePodsSilent'],
    ['ForecastTrusted', 'ForecastDegraded'],
  ] as const)(
    'warns of %s False %s, and of its end as Normal, but not of a new object that is well',
    (type, reason) => {
      const ill = condition(type, 'False', reason);
      const well = condition(type, 'True', 'Fine');
      expect(told([well], [ill])).toEqual([`wedsync Warning ${reason}: words`]);
      expect(told([ill], [well])).toEqual(['wedsync Normal Fine: words']);
      expect(told(undefined, [well])).toEqual([]);
    },
  );

  it.each([
    ['CredentialsCurrent', 'Rotating'],
    ['ScalingActive', 'ModeOff'],
    ['ScalingActive', 'ForecastOnly'],
    ['ForecastTrusted', 'Learning'],
  ] as const)('does not warn of %s %s, which a user asked for or has to wait for', (type, reason) => {
    const chosen = condition(type, 'False', reason);
    expect(told([condition(type, 'True', 'Fine')], [chosen])).toEqual([`wedsync Normal ${reason}: words`]);
    expect(told(undefined, [chosen])).toEqual([]);
  });

  it('sends nothing for a condition that has an event of its own', () => {
    expect(told([], [condition('RolloutReverted', 'True', 'DeadlineExceeded')])).toEqual([]);
  });

  it('warns of what was refused', () => {
    const { heard, events } = listen();
    for (const reason of ['Scaled', 'RedisStepFailed', 'ApplyFailed'] as const)
      events.record(presenceCluster(), reason, 'note');
    expect(heard).toEqual([
      'wedsync Normal Scaled: note',
      'wedsync Warning RedisStepFailed: note',
      'wedsync Warning ApplyFailed: note',
    ]);
  });
});
