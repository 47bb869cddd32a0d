import { describe, expect, it } from 'vitest';
import { changedFields } from './template-diff.ts';
import { decideRelease, type ReleaseInput } from './template-release.ts';

const until = new Date('2027-06-06T04:00:00Z');
const now = new Date('2027-06-05T12:00:00Z');
const frozen = { active: true, from: new Date('2027-06-05T07:30:00Z'), until, weddings: ['a'] };

const base: ReleaseInput = {
  workload: 'Deployment/wedsync-presence',
  desiredHash: 'new',
  releasedHash: 'old',
  changedFields: ['spec.containers[name=presence].image'],
  freeze: frozen,
  now,
};

describe('decideRelease', () => {
  it('holds a change in a freeze and says what and until when', () => {
    expect(decideRelease(base)).toEqual({
      release: false,
      held: {
        workload: 'Deployment/wedsync-presence',
        since: now,
        until,
        fields: ['spec.containers[name=presence].image'],
      },
    });
  });

  it('keeps the time since when it is held', () => {
    const since = new Date('2027-06-05T08:00:00Z');
    expect(decideRelease({ ...base, since })).toMatchObject({ held: { since } });
  });

  it.each([
    ['outside of freezes', { freeze: { ...frozen, active: false } }],
    ['what is not there yet', { releasedHash: undefined }],
    ['what does not differ', { releasedHash: 'new' }],
  ])('releases %s', (_, change) => {
    expect(decideRelease({ ...base, ...change })).toEqual({ release: true });
  });

  it('keeps within what status can hold', () => {
    const fields = Array.from({ length: 40 }, (_, index) => `${index}${'x'.repeat(300)}`);
    const decision = decideRelease({ ...base, changedFields: fields });
    const held = decision.release ? [] : decision.held.fields;
    expect(held).toHaveLength(32);
    expect(held.every((field) => field.length <= 256)).toBe(true);
  });
});

describe('changedFields', () => {
  const template = (image: string, env: object[] = []) => ({
    metadata: { labels: { app: 'a' }, annotations: { 'presence.wedsync.io/template-hash': '1' } },
    spec: { containers: [{ name: 'presence', image, env }], terminationGracePeriodSeconds: 30 },
  });

  it('names paths by the names of list entries', () => {
    expect(changedFields(template('a:1'), template('a:2'))).toEqual(['spec.containers[name=presence].image']);
    expect(
      changedFields(
        template('a', [
          { name: 'X', value: '1' },
          { name: 'Y', value: '2' },
        ]),
        template('a', [
          { name: 'N', value: '0' },
          { name: 'X', value: '1' },
          { name: 'Y', value: '3' },
        ]),
      ),
    ).toEqual([
      'spec.containers[name=presence].env[name=Y].value',
      'spec.containers[name=presence].env[name=N]',
    ]);
  });

  it('quotes keys that are no names, and counts lists without names', () => {
    const before = { annotations: { 'a.b/c': '1' }, args: ['-a', '-b'] };
    const after = { annotations: { 'a.b/c': '2' }, args: ['-a', '-c', '-d'] };
    expect(changedFields(before, after)).toEqual(['annotations["a.b/c"]', 'args[1]', 'args[2]']);
  });

  it('takes an absent field and an undefined one for the same', () => {
    expect(changedFields({ a: undefined, b: [1] }, { b: [1] })).toEqual([]);
    expect(changedFields({ a: null }, {})).toEqual(['a']);
    expect(changedFields({ a: {} }, { a: [] })).toEqual(['a']);
  });
});
