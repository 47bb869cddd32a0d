import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { withRules, withTransitions } from './cel-rule.ts';

const range = z.object({ low: z.number(), high: z.number() }).describe('A range.');
const ordered = withRules(range, [
  {
    cel: 'self.low <= self.high',
    message: 'low must not be above high',
    check: ({ low, high }) => low <= high,
    path: 'low',
  },
]);
const fixed = { cel: 'self.low == oldSelf.low', message: 'low cannot be changed' };

describe('a rule', () => {
  it('is checked by zod, under the field that it names', () => {
    expect(ordered.parse({ low: 1, high: 1 })).toEqual({ low: 1, high: 1 });
    expect(ordered.safeParse({ low: 2, high: 1 }).error?.issues).toMatchObject([
      { path: ['low'], message: 'low must not be above high' },
    ]);
  });

  it('is carried to the API server in CEL, beside what is known of the schema', () => {
    expect(ordered.meta()).toEqual({
      description: 'A range.',
      'x-kubernetes-validations': [
        { rule: 'self.low <= self.high', message: 'low must not be above high', fieldPath: '.low' },
      ],
    });
  });

  it('is added to earlier ones, and so is a transition', () => {
    const positive = {
      cel: 'self.low > 0',
      message: 'low must be above 0',
      check: ({ low }: { low: number }) => low > 0,
    };
    const both = withTransitions(withRules(ordered, [positive]), [fixed]);
    const { 'x-kubernetes-validations': rules } = both.meta() as Record<string, { message: string }[]>;
    const messages = rules?.map(({ message }) => message) ?? [];
    expect(messages).toEqual(['low must not be above high', 'low must be above 0', 'low cannot be changed']);
    expect(both.safeParse({ low: 0, high: -1 }).error?.issues.map(({ message }) => message)).toEqual(
      messages.slice(0, 2),
    );
  });
});

describe('a transition', () => {
  it.each([
    ['a default', ordered.default({ low: 0, high: 1 })],
    ['an optional value', ordered.optional()],
    ['a step before it', z.preprocess((value) => value, ordered)],
    ['two wrappers', z.preprocess((value) => value, ordered.optional()).readonly()],
  ])('is added to the rules of a schema inside %s', (_, schema) => {
    expect(z.toJSONSchema(withTransitions(schema, [fixed]))).toMatchObject({
      'x-kubernetes-validations': [{ rule: 'self.low <= self.high' }, { rule: fixed.cel }],
    });
  });

  it('says nothing about one object alone', () => {
    expect(withTransitions(range, [fixed]).parse({ low: 5, high: 1 })).toEqual({ low: 5, high: 1 });
  });
});
