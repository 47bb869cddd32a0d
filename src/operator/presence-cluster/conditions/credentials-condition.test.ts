import { describe, expect, it } from 'vitest';
import { NOON, observed, redisPod } from '../../../../test/support/presence-cluster-builder.ts';
import type { Credentials } from '../../../domain/resources/credentials.ts';
import type { AclSecret } from '../../credentials/acl-secret.ts';
import { credentialsCondition } from './credentials-condition.ts';

const passwords = { operator: 'a', presence: 'b', probe: 'c', replication: 'd' };

function secret(more: Partial<Credentials>): AclSecret {
  return { credentials: { passwords, replaced: [], ...more } } as AclSecret;
}

function started(shard: number, ordinal: number, at: string) {
  const containerStatuses = [{ name: 'redis', restartCount: 0, state: { running: { startedAt: at } } }];
  return redisPod(shard, ordinal, { status: { containerStatuses } });
}

describe('credentialsCondition', () => {
  it('names the pod that a rotation waits for', () => {
    const aclSecret = secret({ rotation: { phase: 'Removing', since: NOON } });
    expect(credentialsCondition(observed({ aclSecret }))).toMatchObject({
      reason: 'Rotating',
      message: expect.stringContaining('2027-06-05T11:00:00Z'),
    });
    expect(
      credentialsCondition(observed({ aclSecret }), 'wedsync-redis-1-0 cannot be asked: hangs').message,
    ).toMatch(/ Waiting: wedsync-redis-1-0 cannot be asked: hangs\.$/);
  });

  it('names the pods whose probes have the old password', () => {
    const aclSecret = secret({ replaced: [{ user: 'probe', hash: 'x', replacedAt: NOON }] });
    const redisPods = [started(1, 0, '2027-06-05T10:00:00Z'), started(0, 0, '2027-06-05T12:00:00Z')];
    expect(credentialsCondition(observed({ aclSecret, redisPods }))).toMatchObject({
      reason: 'ProbePending',
      message: expect.stringContaining('until each of wedsync-redis-1-0 '),
    });
  });
});
