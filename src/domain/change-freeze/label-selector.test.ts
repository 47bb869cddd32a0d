import { expect, it } from 'vitest';
import { selects } from './label-selector.ts';

const one = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', ...values: string[]) => ({
  matchExpressions: [values.length > 0 ? { key: 'team', operator, values } : { key: 'team', operator }],
});

it.each([
  ['no selector', undefined, {}, true],
  ['a label', { matchLabels: { team: 'a' } }, { team: 'a', tier: 'b' }, true],
  ['another value', { matchLabels: { team: 'a' } }, { team: 'b' }, false],
  ['two requirements, one met', { matchLabels: { team: 'a' }, ...one('In', 'b') }, { team: 'a' }, false],
  ['In', one('In', 'a', 'b'), { team: 'b' }, true],
  ['In without the label', one('In', 'a'), {}, false],
  ['NotIn', one('NotIn', 'a'), { team: 'a' }, false],
  ['NotIn without the label', one('NotIn', 'a'), {}, true],
  ['Exists', one('Exists'), { team: '' }, true],
  ['Exists without the label', one('Exists'), {}, false],
  ['DoesNotExist', one('DoesNotExist'), { team: 'a' }, false],
  ['DoesNotExist without the label', one('DoesNotExist'), {}, true],
])('matches as Kubernetes does: %s', (_what, selector, labels, expected) => {
  expect(selects(selector, labels)).toBe(expected);
});
