import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { acceptance, withEndedWindows } from './accepted-spec.ts';

const lastGood = presenceCluster({ timeZone: 'Europe/Paris' }).spec;
const status = { acceptedSpec: lastGood as unknown as Record<string, unknown> };

describe('acceptance', () => {
  it('serves a spec that is understood', () => {
    const cluster = presenceCluster({}, { status });
    expect(acceptance(cluster)).toEqual({
      accepted: true,
      reason: 'Accepted',
      message: 'The spec is in use.',
      serving: cluster.spec,
    });
  });

  it('names windows of a freeze that overlap, and refuses those that cannot be placed', () => {
    const window = (name: string, from: string, until: string) => ({ name, from, until, reason: 'closed' });
    const windows = [
      window('a', '2027-03-01T00:00', '2027-03-03T00:00'),
      window('b', '2027-03-02T00:00', '2027-03-04T00:00'),
    ];
    expect(acceptance(presenceCluster({ freeze: { windows } }))).toMatchObject({
      accepted: true,
      message:
        'The spec is in use. spec.freeze.windows a and spec.freeze.windows b overlap; they act as one.',
    });
    const odd = [window('a', '2027-02-30T00:00', '2027-03-03T00:00')];
    expect(acceptance(presenceCluster({ freeze: { windows: odd } }, { status }))).toMatchObject({
      accepted: false,
      reason: 'InvalidFreezeWindow',
      serving: lastGood,
    });
  });

  it('names windows that are over, such as one of the wrong year', () => {
    const window = (name: string, year: number) => ({
      name,
      from: `${year}-12-24T18:00`,
      until: `${year}-12-27T08:00`,
      reason: 'closed',
    });
    const freeze = {
      windows: [window('old', 2026), window('new', 2027)],
      allowWindows: [window('gone', 2026)],
    };
    const verdict = acceptance(presenceCluster({ freeze }));
    expect(withEndedWindows(verdict, new Date('2026-12-27T07:59:59Z'))).toEqual(verdict);
    const { message } = withEndedWindows(verdict, new Date('2026-12-27T08:00:00Z'));
    expect(message.slice(verdict.message.length)).toBe(
      ' spec.freeze.windows old is over since 2026-12-27T08:00:00Z. spec.freeze.allowWindows gone is over since 2026-12-27T08:00:00Z.',
    );
  });

  it('refuses one that is not, and goes on with the last that was accepted', () => {
    const refused = acceptance(presenceCluster({ timeZone: 'Mars/Olympus' }, { status }));
    expect(refused).toMatchObject({ accepted: false, reason: 'UnknownTimeZone', serving: lastGood });
    expect(refused.message).toBe(
      'spec.timeZone: Mars/Olympus is not an IANA time zone; the last accepted spec remains in use',
    );
  });

  it('serves nothing when none was ever accepted', () => {
    const refused = acceptance(presenceCluster({ timeZone: 'Mars/Olympus' }));
    expect(refused).toMatchObject({ accepted: false, serving: undefined });
    expect(refused.message).toContain('nothing is created until the spec is corrected');
  });

  it('names the field of a stored spec that breaks the schema', () => {
    const cluster = presenceCluster({}, { status });
    Object.assign(cluster.spec.redis, { shards: 2 });
    const refused = acceptance(cluster);
    expect(refused).toMatchObject({ accepted: false, reason: 'Invalid', serving: lastGood });
    expect(refused.message).toContain('redis.shards');
  });

  it('does not serve a last accepted spec that it no longer understands', () => {
    const broken = { acceptedSpec: { timeZone: 7 } };
    expect(acceptance(presenceCluster({ timeZone: 'Mars/Olympus' }, { status: broken })).serving).toBe(
      undefined,
    );
  });
});
