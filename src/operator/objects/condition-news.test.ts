import { describe, expect, it } from 'vitest';
import type { Condition } from '../../api/schema/fields.ts';
import { ConditionNews } from './condition-news.ts';

const BEGIN = Date.parse('2027-06-05T11:00:00Z');
const at = (seconds: number) => new Date(BEGIN + seconds * 1000);
const condition = (
  status: Condition['status'],
  reason: string,
  since = 0,
  type = 'RedisAvailable',
): Condition => ({
  type,
  status,
  reason,
  message: 'words',
  lastTransitionTime: at(since).toISOString(),
});

/** Looks at a condition as it changes over time: seconds, and the condition from then on. */
function follow(steps: readonly (readonly [number, Condition])[], begin?: Condition): string[] {
  const news = new ConditionNews();
  let before = begin;
  return steps.flatMap(([seconds, after]) => {
    const found = news.changes(before && [before], [after], at(seconds));
    before = after;
    return found.map((each) => `${seconds} ${each.severity} ${each.condition.reason}`);
  });
}

const well = condition('True', 'SlotsCovered', 0);

describe('ConditionNews', () => {
  it('tells nothing of trouble that passes', () => {
    const lost = condition('False', 'Degraded', 100);
    expect(
      follow(
        [
          [0, well],
          [100, lost],
          [130, lost],
          [140, condition('True', 'SlotsCovered', 140)],
        ],
        well,
      ),
    ).toEqual(['140 Normal SlotsCovered']);
    const quiet = condition('True', 'Replicated', 0, 'RedisReplicated');
    const starting = condition('False', 'ReplicasStarting', 100, 'RedisReplicated');
    const again = condition('True', 'Replicated', 140, 'RedisReplicated');
    expect(
      follow(
        [
          [0, quiet],
          [100, starting],
          [140, again],
        ],
        quiet,
      ),
    ).toEqual([]);
  });

  it('tells trouble once it has lasted, once for each reason, and its end', () => {
    const lost = condition('False', 'Degraded', 100);
    const failing = condition('False', 'PodsNotReady', 100);
    const steps = [
      [100, lost],
      [159, lost],
      [160, lost],
      [170, lost],
      [180, failing],
      [190, failing],
    ] as const;
    expect(follow([...steps, [200, condition('True', 'SlotsCovered', 200)]], well)).toEqual([
      ...['160 Warning Degraded', '180 Warning PodsNotReady', '200 Normal SlotsCovered'],
    ]);
  });

  it('gives what starts more time', () => {
    const forming = condition('False', 'Forming', 0);
    expect(
      follow([
        [0, forming],
        [299, forming],
        [300, forming],
      ]),
    ).toEqual(['300 Warning Forming']);
  });

  it('does not repeat what the process before it told', () => {
    const lost = condition('False', 'Degraded', 0);
    expect(
      follow(
        [
          [600, lost],
          [700, lost],
        ],
        lost,
      ),
    ).toEqual([]);
    // It ended while this process looked: that is news.
    expect(follow([[600, condition('True', 'SlotsCovered', 600)]], lost)).toEqual([
      '600 Normal SlotsCovered',
    ]);
  });

  it('tells a fact once: Ready is silent where another condition has it', () => {
    const unready = condition('False', 'RedisNotReady', 0, 'Ready');
    const ready = condition('True', 'Ready', 600, 'Ready');
    expect(
      follow([
        [0, unready],
        [500, unready],
        [600, ready],
      ]),
    ).toEqual(['600 Normal Ready']);
    const shard = condition('False', 'ShardNotReady', 0, 'Ready');
    expect(
      follow([
        [0, shard],
        [60, shard],
      ]),
    ).toEqual(['60 Warning ShardNotReady']);
  });
});
