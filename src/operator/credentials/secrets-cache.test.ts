import { describe, expect, it } from 'vitest';
import { presenceCluster } from '../../../test/support/presence-cluster-builder.ts';
import { KubeError } from '../../platform/kube/errors.ts';
import type { AclSecret } from './acl-secret.ts';
import { type SecretAction, SecretRefusedError } from './secret-refused.ts';
import type { ClusterSecrets } from './secrets.ts';
import { SecretsCache } from './secrets-cache.ts';

const cluster = presenceCluster();
const changed = { ...cluster, metadata: { ...cluster.metadata, generation: 99 } };

const calm = (nowMs: number) => ({ nowMs, trouble: false });
const trouble = (nowMs: number) => ({ nowMs, trouble: true });

interface Answer extends Partial<AclSecret> {
  signingProblem?: string;
  refused?: readonly Error[];
}

const refusal = (action: SecretAction, code: number) =>
  new SecretRefusedError('s', action, new KubeError({ code, reason: '', message: 'webhook "w"' }));

function reader(...answers: Answer[]) {
  return async (): Promise<ClusterSecrets> => {
    const answer: Answer = answers.shift() ?? { operatorPassword: 'read too often' };
    const { signingProblem, refused = [], ...redis } = answer;
    const problem = signingProblem ? { signingProblem } : {};
    return { redis: { rulesAreCurrent: true, ...redis }, ...problem, refused };
  };
}

describe('SecretsCache', () => {
  it('reads once within its time, and again after it', async () => {
    const cache = new SecretsCache();
    const read = reader({ operatorPassword: 'a' }, { operatorPassword: 'b' });
    expect((await cache.get(cluster, calm(0), read)).redis.operatorPassword).toBe('a');
    expect((await cache.get(cluster, calm(599_999), read)).redis.operatorPassword).toBe('a');
    expect((await cache.get(cluster, calm(600_000), read)).redis.operatorPassword).toBe('b');
  });

  it('reads sooner while pods are not ready', async () => {
    const cache = new SecretsCache();
    const read = reader({ operatorPassword: 'a' }, { operatorPassword: 'b' });
    expect((await cache.get(cluster, calm(0), read)).redis.operatorPassword).toBe('a');
    expect((await cache.get(cluster, trouble(29_999), read)).redis.operatorPassword).toBe('a');
    expect((await cache.get(cluster, trouble(30_000), read)).redis.operatorPassword).toBe('b');
  });

  it('reads again when the object has changed, and after forgetting', async () => {
    const cache = new SecretsCache();
    const read = reader({ operatorPassword: 'a' }, { operatorPassword: 'b' }, { operatorPassword: 'c' });
    await cache.get(cluster, calm(0), read);
    expect((await cache.get(changed, calm(1), read)).redis.operatorPassword).toBe('b');
    cache.forget();
    expect((await cache.get(changed, calm(2), read)).redis.operatorPassword).toBe('c');
  });

  it.each([
    ['made', 403, 30_000],
    ['changed', 422, 30_000],
    ['made', 500, 2_000],
    ['read', 403, 600_000],
  ] as const)('remembers one that cannot be %s, refused with %i, for %i ms', async (action, code, ms) => {
    const cache = new SecretsCache();
    const refused = [refusal(action, code)];
    const read = reader({ signingProblem: 'refused', refused }, { operatorPassword: 'made' });
    expect((await cache.get(cluster, trouble(0), read)).signingProblem).toBe('refused');
    expect((await cache.get(cluster, trouble(ms - 1), read)).signingProblem).toBe('refused');
    expect((await cache.get(cluster, trouble(ms), read)).redis.operatorPassword).toBe('made');
  });

  it('reads again at once when a person asks for another try', async () => {
    const cache = new SecretsCache();
    const read = reader({ refused: [refusal('read', 403)] }, { operatorPassword: 'made' });
    await cache.get(cluster, calm(0), read);
    const annotations = { 'presence.wedsync.io/retry': 'now' };
    const asked = { ...cluster, metadata: { ...cluster.metadata, annotations } };
    expect((await cache.get(asked, calm(1), read)).redis.operatorPassword).toBe('made');
  });

  it('does not remember trouble', async () => {
    const cache = new SecretsCache();
    const read = reader({ operatorPassword: 'a', signingProblem: 'missing' }, { operatorPassword: 'a' });
    expect((await cache.get(cluster, calm(0), read)).signingProblem).toBe('missing');
    expect((await cache.get(cluster, calm(1), read)).signingProblem).toBeUndefined();
  });

  it('reads sooner while a rotation is on, and at once when one is asked for', async () => {
    const passwords = { operator: 'a', presence: 'b', probe: 'c', replication: 'd' };
    const rotation = { phase: 'Removing', since: new Date(0) } as const;
    const credentials = { passwords, replaced: [], rotation };
    const cache = new SecretsCache();
    const read = reader(
      { operatorPassword: 'a', credentials },
      { operatorPassword: 'b' },
      { operatorPassword: 'c' },
    );
    await cache.get(cluster, calm(0), read);
    expect((await cache.get(cluster, calm(29_999), read)).redis.operatorPassword).toBe('a');
    expect((await cache.get(cluster, calm(30_000), read)).redis.operatorPassword).toBe('b');
    const annotations = { 'presence.wedsync.io/rotate-credentials': 'now' };
    const asking = { ...cluster, metadata: { ...cluster.metadata, annotations } };
    expect((await cache.get(asking, calm(30_001), read)).redis.operatorPassword).toBe('c');
  });

  it('looks every other second for a Secret that is gone', async () => {
    const problem = { reason: 'SecretMissing', message: 'gone' } as const;
    const cache = new SecretsCache();
    const read = reader({ problem }, { operatorPassword: 'a' });
    await cache.get(cluster, trouble(0), read);
    expect((await cache.get(cluster, trouble(1_999), read)).redis.problem).toBe(problem);
    expect((await cache.get(cluster, trouble(2_000), read)).redis.operatorPassword).toBe('a');
  });
});
